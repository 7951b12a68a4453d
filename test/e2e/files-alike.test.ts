/** Files that look like others: every line of each of them. */
import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BANNER, FileRun } from '../helpers/file-run.ts';

const BANNER_LINES = BANNER.split('\n').length - 1;

for (const isRunning of [false, true]) {
  const when = isRunning ? 'while the agent runs' : 'before the agent starts';
  it(`logs that begin like another one, and are named like copies of it, are read: made ${when} (F5)`, async t => {
    const run = await FileRun.begin(t, { paths: ['app*'] });
    // Of this one there is nothing but what the others begin with.
    writeFileSync(run.path('app.log'), BANNER);
    if (isRunning) {
      await run.start();
      await run.receiver.until(({ lines }) => lines >= BANNER_LINES);
    }
    for (const name of ['app-1.log', 'app.log.2']) {
      const log = run.log(name, name);
      appendFileSync(log.path, BANNER);
      log.append(50);
    }
    if (!isRunning) await run.start();
    await run.receiver.until(({ lines }) => lines >= 3 * BANNER_LINES + 100);
    await run.assertArrived();
  });
}

describe('a file that is deleted and made anew with the same content is read again (F4),', () => {
  for (const watch of ['events', 'poll']) {
    it(`watched by ${watch}, also while the agent is down`, async t => {
      const run = await FileRun.begin(t, { paths: ['app.log'], source: { watch } });
      const path = run.path('app.log');
      writeFileSync(path, BANNER);
      await run.start();
      for (let n = 1; n < 5; n++) {
        await run.receiver.until(({ lines }) => lines >= n * BANNER_LINES);
        if (n > 2) await run.stop();
        rmSync(path);
        writeFileSync(path, BANNER);
        if (n > 2) await run.start();
      }
      await run.receiver.until(({ lines }) => lines >= 5 * BANNER_LINES);
      assert.equal((await run.receiver.stats()).lines, 5 * BANNER_LINES);
      await run.stop();
    });
  }
});
