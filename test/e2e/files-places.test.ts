/** Files that change their places, with events and with polling: every line once, and in order. */
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BANNER, FileRun } from '../helpers/file-run.ts';

interface Scenario {
  readonly paths: readonly string[];
  readonly act: (run: FileRun) => Promise<void>;
}

/** Longer than it takes to notice that something stands at a path. */
const NOTICED_MS = 1_500;

/** Puts a link to `target` at `path`, in the place of the one that is there. */
function swapLink(run: FileRun, target: string, path: string): void {
  symlinkSync(run.path(target), run.path('next'));
  renameSync(run.path('next'), run.path(path));
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'truncated and written anew with the same first 4 KiB, shorter and longer, also while the agent is down (F3)':
    {
      paths: ['app.log'],
      act: async run => {
        const log = run.log('app', 'app.log');
        for (let n = 0; n < 6; n++) {
          if (n === 0 || n > 3) await run.start();
          writeFileSync(log.path, BANNER + log.next(n % 2 === 0 ? 300 : 2000));
          await run.caughtUp();
          if (n > 2) await run.stop();
        }
        await run.start();
      },
    },
  'deleted and made anew, with the same inode, shorter and longer, also while the agent is down (F4)': {
    paths: ['app.log'],
    act: async run => {
      const log = run.log('app', 'app.log');
      for (let n = 0; n < 6; n++) {
        if (n === 0 || n > 3) await run.start();
        log.append(n % 2 === 0 ? 900 : 20);
        await run.caughtUp();
        if (n > 2) await run.stop();
        rmSync(log.path);
      }
      log.append(40);
      await run.start();
    },
  },
  '20 files with the same first 4 KiB, rotated, also while the agent is down (F5)': {
    paths: ['*.log'],
    act: async run => {
      const logs = Array.from({ length: 20 }, (_, n) => run.log(`app${n}`, `${n}.log`));
      for (const [round, isRunning] of [false, true, false].entries()) {
        for (const [n, log] of logs.entries()) {
          if (round > 0) renameSync(log.path, `${log.path}.${round}`);
          appendFileSync(log.path, BANNER);
          log.append(50 + n * round);
        }
        if (!isRunning) await run.start();
        await run.caughtUp();
        if (round === 1) await run.stop();
      }
    },
  },
  'links that are swapped, to files and on the way to them, with lines that were not read (F12)': {
    paths: ['current.log', 'current/*.log'],
    act: async run => {
      const [file, inFolder] = [run.log('file', 'current.log'), run.log('folder', 'current/app.log')];
      mkdirSync(run.path('files'));
      for (let n = 0; n < 5; n++) {
        mkdirSync(run.path(`v${n}`));
        writeFileSync(run.path(`files/${n}`), '');
        swapLink(run, `files/${n}`, 'current.log');
        swapLink(run, `v${n}`, 'current');
        inFolder.append(1);
        if (n === 0 || n === 3) await run.start();
        await sleep(NOTICED_MS);
        for (const log of [file, inFolder]) log.append(300);
        if (n === 2) await run.stop();
      }
    },
  },
  'a folder that appears later, with a link that leads back to it, and is removed and made anew (F12)': {
    paths: ['late/**/*.log'],
    act: async run => {
      await run.start();
      const log = run.log('app', 'late/deep/app.log');
      for (let n = 0; n < 3; n++) {
        mkdirSync(run.path('late/deep'), { recursive: true });
        symlinkSync(run.path('late'), run.path('late/deep/loop'));
        log.append(100);
        await run.caughtUp();
        if (n < 2) rmSync(run.path('late'), { recursive: true });
      }
    },
  },
  'renamed to where nothing matches, and written on, also before a restart': {
    paths: ['app.log'],
    act: async run => {
      const log = run.log('app', 'app.log');
      mkdirSync(run.path('old'));
      await run.start();
      for (let n = 0; n < 4; n++) {
        log.append(10);
        await sleep(NOTICED_MS);
        log.append(1000);
        const writer = openSync(log.path, 'a');
        renameSync(log.path, run.path(`old/${n}`));
        writeSync(writer, log.next(100));
        await sleep(NOTICED_MS);
        if (n > 1) await run.stop();
        writeSync(writer, log.next(100));
        closeSync(writer);
        if (n > 1) await run.start();
        await run.caughtUp();
      }
    },
  },
  'renamed into a folder beside them while the agent is down': {
    paths: ['app.log'],
    act: async run => {
      const log = run.log('app', 'app.log');
      mkdirSync(run.path('old'));
      log.append(100);
      await run.start();
      await run.caughtUp();
      await run.stop();
      log.append(1000);
      renameSync(log.path, run.path('old/app.log.1'));
      log.append(10);
      await run.start();
    },
  },
  'in a folder that is renamed and made anew, also while the agent is down': {
    paths: ['logs/*.log'],
    act: async run => {
      mkdirSync(run.path('logs'));
      const log = run.log('app', 'logs/app.log');
      log.append(300);
      await run.start();
      for (const end of [undefined, undefined, 'stop', 'kill9'] as const) {
        await run.caughtUp();
        log.append(200);
        if (end !== undefined) await run[end]();
        const { path } = log;
        const folder = `old-${log.lines}`;
        renameSync(run.path('logs'), run.path(folder));
        log.path = run.path(`${folder}/app.log`);
        log.append(100);
        log.path = path;
        mkdirSync(run.path('logs'));
        log.append(150);
        if (end !== undefined) await run.start();
      }
    },
  },
  'renamed over another file, and back and forth between folders of the pattern': {
    paths: ['*/*.log'],
    act: async run => {
      for (const name of ['1', '2']) mkdirSync(run.path(name));
      const [one, two] = [run.log('one', '1/a.log'), run.log('two', '2/a.log')];
      for (const log of [one, two]) log.append(100);
      await run.start();
      await run.caughtUp();
      for (let n = 0; n < 4; n++) {
        if (n > 1) await run.stop();
        const to = run.path(`${(n % 2) + 1}/moved.log`);
        one.append(500);
        renameSync(one.path, to);
        one.path = to;
        one.append(50);
        if (n > 1) await run.start();
        await run.caughtUp();
      }
      renameSync(one.path, two.path);
      one.path = two.path;
      one.append(10);
    },
  },
  'two files that change names, also while the agent is down': {
    paths: ['*.log'],
    act: async run => {
      const [a, b] = [run.log('a', 'a.log'), run.log('b', 'b.log')];
      await run.start();
      for (let n = 0; n < 4; n++) {
        a.append(500);
        b.append(700);
        if (n === 1) await run.caughtUp();
        if (n > 1) await run.stop();
        renameSync(a.path, run.path('third'));
        renameSync(b.path, a.path);
        renameSync(run.path('third'), b.path);
        [a.path, b.path] = [b.path, a.path];
        if (n > 1) await run.start();
      }
      a.append(5);
    },
  },
  'one file of several names, which come and go': {
    paths: ['*.log'],
    act: async run => {
      const log = run.log('app', 'a.log');
      log.append(100);
      linkSync(log.path, run.path('b.log'));
      await run.start();
      log.append(500);
      linkSync(log.path, run.path('c.log'));
      await run.caughtUp();
      rmSync(log.path);
      log.path = run.path('b.log');
      log.append(100);
      await run.stop();
      linkSync(log.path, run.path('a.log'));
      await run.start();
      await run.caughtUp();
      rmSync(log.path);
      log.path = run.path('c.log');
      log.append(10);
    },
  },
};

for (const watch of ['events', 'poll']) {
  describe(`watched by ${watch}:`, () => {
    for (const [name, { paths, act }] of Object.entries(SCENARIOS)) {
      it(name, async t => {
        const run = await FileRun.begin(t, { paths, source: { watch } });
        await act(run);
        await run.assertArrived();
      });
    }
  });
}
