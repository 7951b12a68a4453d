import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { FaultFs, killAtEachCall } from '../../../pkg/fsx/fault-fs.ts';
import { type Fs, nodeFs } from '../../../pkg/fsx/fs.ts';
import { RecordingLogger } from '../../../test/helpers/recording-logger.ts';
import { scopeOf } from '../../../test/helpers/scope.ts';
import { Rotation } from './rotation.ts';

const NOW_MS = Date.parse('2026-11-21T07:24:32.123Z');
const FIRST = 'web.log.20261121T072432.123Z';

interface Rig {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  rotation(keep: number, compress: boolean, fs?: Fs): Rotation;
  /** Puts a file with this text aside and waits until all is tidy. */
  rotate(rotation: Rotation, text: string): Promise<void>;
}

async function rig(t: TestContext): Promise<Rig> {
  const folder = await scopeOf(t).folder();
  const [clock, logger] = [new ManualClock(NOW_MS), new RecordingLogger()];
  return {
    ...{ folder, clock, logger },
    rotation: (keep, compress, fs = nodeFs) => new Rotation({ keep, compress }, { fs, clock, logger }),
    rotate: async (rotation, text) => {
      writeFileSync(join(folder, 'web.log'), text);
      await rotation.putAside(join(folder, 'web.log'));
      await rotation.settled();
    },
  };
}

/** What every file aside holds, by name. */
function asides(folder: string): Record<string, string> {
  const names = readdirSync(folder)
    .filter(name => name !== 'web.log')
    .sort();
  return Object.fromEntries(
    names.map(name => {
      const bytes = readFileSync(join(folder, name));
      return [name, name.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString()];
    }),
  );
}

test('files aside are named by the moment; in one moment, or when the clock goes back, by the next', async t => {
  const { folder, clock, rotation, rotate } = await rig(t);
  const plain = rotation(10, false);
  await rotate(plain, 'one');
  await rotate(plain, 'two');
  clock.jumpWall(-3_600_000);
  await rotate(plain, 'three');
  assert.deepEqual(asides(folder), {
    [FIRST]: 'one',
    'web.log.20261121T072432.124Z': 'two',
    'web.log.20261121T072432.125Z': 'three',
  });
});

test('they are compressed, and the oldest are deleted', async t => {
  const { folder, rotation, rotate } = await rig(t);
  writeFileSync(join(folder, 'web.log.1'), 'a file of somebody else');
  writeFileSync(join(folder, 'web.logs'), 'of another sink');
  const compressed = rotation(2, true);
  for (const text of ['one', 'two', 'three', 'x'.repeat(1_000_000)]) await rotate(compressed, text);
  assert.deepEqual(asides(folder), {
    'web.log.1': 'a file of somebody else',
    'web.log.20261121T072432.125Z.gz': 'three',
    'web.log.20261121T072432.126Z.gz': 'x'.repeat(1_000_000),
    'web.logs': 'of another sink',
  });
});

test('keep: 0 keeps none', async t => {
  const { folder, rotation, rotate } = await rig(t);
  await rotate(rotation(0, true), 'one');
  assert.deepEqual(readdirSync(folder), []);
});

test('a file that cannot be compressed stays as it is, is told of, and is compressed the next time', async t => {
  const { folder, logger, rotation, rotate } = await rig(t);
  const fs = new FaultFs(nodeFs, { kind: 'write', nth: 1, effect: 'fail', code: 'ENOSPC' });
  const compressed = rotation(5, true, fs);
  await rotate(compressed, 'one');
  assert.equal(asides(folder)[FIRST], 'one');
  assert.equal(logger.count('file.rotation'), 1);
  await rotate(compressed, 'two');
  assert.deepEqual(asides(folder), { [`${FIRST}.gz`]: 'one', 'web.log.20261121T072432.124Z.gz': 'two' });
});

test('killed at any call, nothing is lost, and the next rotation tidies up', async t => {
  const { folder, rotation, rotate } = await rig(t);
  const rounds = await killAtEachCall(
    nodeFs,
    async (fs, round) => {
      writeFileSync(join(folder, 'web.log'), `round ${round}`);
      const rotating = rotation(1000, true, fs);
      await rotating.putAside(join(folder, 'web.log'));
      await rotating.settled();
    },
    async round => {
      const left = { ...asides(folder), 'web.log': '' };
      const isThere = Object.entries(left).some(
        ([name, text]) => !name.endsWith('.tmp') && text === `round ${round}`,
      );
      assert.ok(
        isThere || readFileSync(join(folder, 'web.log'), 'utf8') === `round ${round}`,
        `round ${round}`,
      );
    },
  );
  assert.ok(rounds > 10);
  await rotate(rotation(1000, true), 'the end');
  assert.ok(Object.keys(asides(folder)).every(name => name.endsWith('Z.gz')));
});
