import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { PositionStore } from '../../internal/positions/store.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';

const module = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);

/** Goes on from what is remembered: opens passage after passage, settles nine of ten, and says what it has opened. */
const WRITER = `
  import { PositionStore } from ${module('internal/positions/store.ts')};
  import { silentLogger } from ${module('internal/selflog/logger.ts')};
  import { systemClock } from ${module('pkg/clock/clock.ts')};
  import { nodeFs } from ${module('pkg/fsx/fs.ts')};
  const store = new PositionStore({ dir: process.argv[1], fs: nodeFs, clock: systemClock, logger: silentLogger });
  await store.start();
  const track = store.tracks('file')[0] ?? store.create('file', 'a', null, 0);
  for (const passage of track.pending) (await track.open(passage)).expect(0);
  for (let end = track.position + 1; ; end++) {
    const receipt = await track.open({ end, records: 1, base: { sec: 1700000000, nanos: end } });
    if (end % 10 > 0) receipt.expect(0);
    else setTimeout(() => receipt.expect(0), 20);
    process.stdout.write(end + '\\n');
  }
`;

it('passages that were opened are known after kill -9, each time, to the last one', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'kill-'));
  t.after(() => rm(dir, { recursive: true }));
  let before = 0;
  for (let round = 1; round <= 4; round++) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', WRITER, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let opened = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      opened = Number(line);
      if (opened > before + 300 * round) child.kill('SIGKILL');
    }
    await exited;

    const store = new PositionStore({ dir, fs: nodeFs, clock: systemClock, logger: silentLogger });
    await store.start();
    const [track] = store.tracks<number, null>('file');
    const position = track!.position!;
    const ends = track!.pending.map(({ end }) => end);
    assert.deepEqual(
      ends,
      ends.map((_, i) => position + 1 + i),
    );
    assert.ok(
      position + ends.length >= opened,
      `opened ${opened}, known ${position} and ${ends.length} more`,
    );
    assert.ok(position >= before, `went back from ${before} to ${position}`);
    await store.close();
    before = position;
  }
});
