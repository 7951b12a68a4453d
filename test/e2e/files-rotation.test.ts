/** Rotation of every kind, with events and with polling: every line once, in the order in which it was written. */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BANNER, FileRun } from '../helpers/file-run.ts';
import type { NumberedLog } from '../helpers/numbered-log.ts';

type Scenario = (run: FileRun, log: NumberedLog) => Promise<void>;

/** What happens to `app.log`. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'renamed 50 times in a burst (F1)': async (run, log) => {
    await run.start();
    log.append(10);
    await run.caughtUp();
    for (let n = 0; n < 50; n++) {
      log.append(100);
      log.rotate();
    }
    log.append(5);
  },
  'renamed to ever new names in a burst, of lines that were never seen (F1)': async (run, log) => {
    await run.start();
    for (let n = 0; n < 20; n++) {
      log.append(3);
      renameSync(log.path, `${log.path}.${n}`);
    }
    log.append(1);
  },
  'renamed 6 times while the agent is down, in a burst and slowly (F1)': async (run, log) => {
    log.append(500);
    for (const pauseMs of [0, 20]) {
      await run.start();
      await run.caughtUp();
      await run.stop();
      for (let n = 0; n < 6; n++) {
        log.append(300);
        await sleep(pauseMs);
        log.rotate();
        await sleep(pauseMs);
      }
      log.append(7);
    }
    await run.start();
  },
  'renamed again and again while the agent is killed, as soon as it is ready, too (F1, F15)': async (
    run,
    log,
  ) => {
    log.append(10);
    for (let n = 0; n < 5; n++) {
      await run.start();
      if (n > 0) log.append(2000);
      log.rotate();
      log.append(300);
      if (n > 1) await sleep(n * 30);
      log.rotate();
      await run.kill9();
      log.append(10);
    }
    await run.start();
  },
  'with generations that begin alike for 4 KiB (F5)': async (run, log) => {
    await run.start();
    for (let n = 0; n < 6; n++) {
      appendFileSync(log.path, BANNER);
      log.append(100 - n);
      if (n % 2 === 1) await run.caughtUp();
      log.rotate();
    }
    appendFileSync(log.path, BANNER);
    log.append(3);
  },
  'empty now and then, also while the agent is down': async (run, log) => {
    log.append(10);
    await run.start();
    await run.caughtUp();
    for (let n = 0; n < 6; n++) {
      if (n === 3) await run.stop();
      log.rotate();
      writeFileSync(log.path, '');
      log.rotate();
      log.append(5);
    }
    await run.start();
  },
  'with a last line without newline, which comes before what follows (F8)': async (run, log) => {
    await run.start();
    log.append(10);
    await run.caughtUp();
    for (let n = 0; n < 2; n++) {
      appendFileSync(log.path, log.next(1).slice(0, -1));
      log.rotate();
      log.append(5);
    }
  },
  'in the middle of a line, which its writer ends later, across a restart and a kill (F7)': async (
    run,
    log,
  ) => {
    await run.start();
    log.append(10);
    const line = log.next(1);
    const writer = openSync(log.path, 'a');
    writeSync(writer, line.slice(0, 20));
    log.rotate();
    await run.stop();
    await run.start();
    writeSync(writer, line.slice(20, 40));
    await run.kill9();
    writeSync(writer, line.slice(40));
    closeSync(writer);
    log.append(3);
    await run.start();
  },
  'copied and truncated 20 times, half of it unread (F2)': async (run, log) => {
    await run.start();
    for (let n = 0; n < 20; n++) {
      log.append(100);
      await run.caughtUp();
      log.append(50);
      log.copyTruncate();
    }
    log.append(1);
  },
  'copied and truncated 3 times while the agent is down (F2)': async (run, log) => {
    log.append(500);
    await run.start();
    for (const end of ['stop', 'kill9'] as const) {
      await run.caughtUp();
      await run[end]();
      for (const lines of [400, 300, 200]) {
        log.append(lines);
        log.copyTruncate();
      }
      log.append(1500);
      await run.start();
    }
  },
  'copied and truncated in bursts, of lines that were never seen (F2)': async (run, log) => {
    await run.start();
    log.append(300);
    await run.caughtUp();
    for (let n = 0; n < 4; n++) {
      for (const lines of [400, 300, 200]) {
        log.append(lines);
        log.copyTruncate();
      }
      log.append(7);
      if (n % 2 === 1) await run.caughtUp();
    }
  },
  'linked to its new name and removed': async (run, log) => {
    await run.start();
    for (let n = 0; n < 5; n++) {
      log.append(200);
      linkSync(log.path, `${log.path}.${n}`);
      if (n % 2 === 1) await run.caughtUp();
      rmSync(log.path);
      log.append(20);
    }
  },
};

for (const [pattern, watch] of [
  ['app.log', 'events'],
  ['app.log*', 'poll'],
] as const) {
  describe(`${pattern}, watched by ${watch}, is`, () => {
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      it(name, async t => {
        const run = await FileRun.begin(t, { paths: [pattern], source: { watch } });
        await scenario(run, run.log('app', 'app.log'));
        await run.assertArrived();
      });
    }
  });
}

it('what a writer that does not append leaves before its lines when it was truncated is no line (F2)', async t => {
  const run = await FileRun.begin(t, { paths: ['app.log'] });
  const log = run.log('app', 'app.log');
  await run.start();
  const writer = openSync(log.path, 'w');
  let at = 0;
  for (let n = 0; n < 4; n++) {
    at += writeSync(writer, log.next(500), at);
    await run.caughtUp();
    copyFileSync(log.path, `${log.path}.${n}`);
    truncateSync(log.path);
  }
  writeSync(writer, log.next(1), at);
  closeSync(writer);
  await run.assertArrived();
});
