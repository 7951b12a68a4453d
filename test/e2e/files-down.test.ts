/** Files that are rotated again and again while the agent is down: every line once, and in order. */
import { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { FileRun } from '../helpers/file-run.ts';
import type { NumberedLog } from '../helpers/numbered-log.ts';

/** Rotates a log; `n` counts. */
type Rotate = (log: NumberedLog, n: number) => void;

interface Case {
  readonly pattern: string;
  readonly rotate: Rotate;
}

const ROTATIONS = 4;
const MAX_ARCHIVES = 20;
/** Longer than a tick of the clock of a file system. */
const LATER_MS = 20;

/** As gzip does: with the time of what is compressed, which is removed. */
function compress(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  utimesSync(`${path}.gz`, atime, mtime);
  rmSync(path);
}

/** Logrotate's way, with `compress`, or with `delaycompress`, too. */
function rotateAndCompress(isDelayed: boolean): Rotate {
  return ({ path }) => {
    for (let n = MAX_ARCHIVES; n >= 1; n--)
      for (const suffix of ['', '.gz'])
        if (existsSync(`${path}.${n}${suffix}`))
          renameSync(`${path}.${n}${suffix}`, `${path}.${n + 1}${suffix}`);
    renameSync(path, `${path}.1`);
    const full = `${path}.${isDelayed ? 2 : 1}`;
    if (existsSync(full)) compress(full);
  };
}

const byDate: Rotate = ({ path }, n) => renameSync(path, path.replace('.log', `-202611${10 + n}.log`));

const CASES: Readonly<Record<string, Case>> = {
  'compressed at once, archives match': { pattern: 'app.log*', rotate: rotateAndCompress(false) },
  'compressed at once, only the file matches': { pattern: 'app.log', rotate: rotateAndCompress(false) },
  'compressed later, archives match': { pattern: 'app.log*', rotate: rotateAndCompress(true) },
  'compressed later, only the file matches': { pattern: 'app.log', rotate: rotateAndCompress(true) },
  'with the date before the extension, which match': { pattern: 'app*.log', rotate: byDate },
  'with the date before the extension, only the file matches': { pattern: 'app.log', rotate: byDate },
};

for (const [name, { pattern, rotate }] of Object.entries(CASES)) {
  it(`renamed ${name} (F1, F6)`, async t => {
    const source = { compressed: 'read', labels: { filename: null } };
    const run = await FileRun.begin(t, { paths: [pattern], source });
    const log = run.log('app', 'app.log');
    let n = 0;
    log.append(300);
    await run.start();
    for (const end of ['stop', 'kill9'] as const) {
      await run.caughtUp();
      log.append(100);
      await run[end]();
      for (const last = n + ROTATIONS; n < last; n++) {
        log.append(300);
        await sleep(LATER_MS);
        rotate(log, n);
        log.append(100);
      }
      await run.start();
    }
    await run.assertArrived();
  });
}
