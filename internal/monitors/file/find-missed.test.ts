import assert from 'node:assert/strict';
import { type BigIntStats, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../../test/helpers/file-source.ts';
import { comparison, findMissed, type Missed } from './find-missed.ts';
import type { Birth } from './identity.ts';
import { compareStamps } from './rotated-names.ts';

const GENERATIONS = 40;
/** Longer than a tick of the clock of a file system. */
const LATER_MS = 30;

type Rotate = (path: string, before: number) => void;

const SCHEMES: Readonly<Record<string, Rotate>> = {
  rise: (path, before) => renameSync(path, `${path}.${before + 1}`),
  fall: (path, before) => {
    for (let n = before; n >= 1; n--) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
    renameSync(path, `${path}.1`);
  },
};

/** Rotates `path` again and again, with a moment of rest in the middle; each generation says which it is. */
async function makeGenerations(path: string, rotate: Rotate): Promise<void> {
  const hole = `${path}-hole`;
  for (let n = 0; n < GENERATIONS; n++) {
    // Every other one may take an inode that others had before. Nothing is looked at: times are more exact then.
    if (n % 2 === 0) writeFileSync(hole, '');
    else rmSync(hole);
    writeFileSync(path, `${n}`);
    rotate(path, n);
    if (n === GENERATIONS / 2 - 1) await new Promise(resolve => setTimeout(resolve, LATER_MS));
  }
}

for (const [direction, rotate] of Object.entries(SCHEMES)) {
  it(`generations that come fast are found in order where the numbers in names ${direction} (F18)`, async t => {
    const path = join(await temporaryFolder(t), 'app.log');
    const search = { afterNs: 0n, isTruncated: false, readsArchives: false, maxNames: 1000 };
    const find = async (next?: Birth): Promise<readonly Missed[]> =>
      (await findMissed(path, { ...search, next, isKnown: () => false })) ?? [];
    await makeGenerations(path, rotate);
    const read = (files: readonly Missed[]): string[] =>
      files.map(({ renamedTo }) => readFileSync(renamedTo, 'utf8'));
    const inOrder = Array.from({ length: GENERATIONS }, (_, n) => `${n}`);
    const found = await find();
    assert.deepEqual(read(found), inOrder);
    for (const n of [1, GENERATIONS - 1])
      assert.deepEqual(read(await find(found[n]!.stat)), inOrder.slice(0, n));
  });
}

it('a file that was emptied and then renamed is not one of its own copies (F18)', async t => {
  const path = join(await temporaryFolder(t), 'app.log');
  writeFileSync(path, 'later');
  writeFileSync(`${path}.1`, 'earlier');
  const next = statSync(path, { bigint: true });
  renameSync(path, `${path}.2`);
  const search = { afterNs: 0n, next, isTruncated: true, readsArchives: false, maxNames: 1000 };
  const found = await findMissed(path, { ...search, isKnown: () => false });
  assert.deepEqual(
    found?.map(({ renamedTo }) => renamedTo),
    [`${path}.1`],
  );
});

describe('generations that were born in one tick of the clock (F18)', () => {
  const file = (name: string, born: bigint, ino: bigint, changed = 100n): Missed => ({
    renamedTo: `/logs/${name}`,
    stat: { birthtimeNs: born, mtimeNs: born, ctimeNs: changed, ino } as BigIntStats,
  });
  const assertInOrder = (inOrder: readonly Missed[]): void => {
    const found = inOrder.toReversed();
    assert.deepEqual(found.sort(comparison(found)), inOrder);
  };

  it('are told apart by their names, in the direction in which those of the others go', () => {
    const [early, late] = [1n, 2n];
    assertInOrder([
      file('a.1', early, 50n),
      file('a.2', late, 9n),
      file('a.3', late, 8n),
      file('a.4', late, 7n),
    ]);
    assertInOrder([
      file('a.4', early, 50n),
      file('a.3', late, 9n),
      file('a.2', late, 8n),
      file('a.1', late, 7n),
    ]);
  });

  it('are told apart by their last change where there are no others, and at last by their inodes', () => {
    assertInOrder([file('a.1', 1n, 9n, 100n), file('a.2', 1n, 8n, 200n)]);
    assertInOrder([file('a.2', 1n, 9n, 100n), file('a.1', 1n, 8n, 200n)]);
    assertInOrder([file('a.2', 1n, 8n), file('a.1', 1n, 9n)]);
  });
});

it('stamps in names are compared as the numbers and times that they are', () => {
  const inOrder = [
    'app.log.2',
    'app.log.10',
    'app.log-20261121',
    'app.log-20261121-093000.gz',
    'app.log-20261122',
  ];
  assert.deepEqual(inOrder.toReversed().sort(compareStamps), inOrder);
  assert.ok(compareStamps('app-2.log', 'app-10.log') < 0);
});
