import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../../test/helpers/file-source.ts';
import { findMissed, type Missed } from './find-missed.ts';
import type { Birth } from './identity.ts';
import { compareStamps } from './rotated-names.ts';

const GENERATIONS = 40;
const ATTEMPTS = 50;
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
    // Every other one takes an inode that others had before. Nothing is looked at: times are more exact then.
    if (n % 2 === 0) writeFileSync(hole, '');
    else rmSync(hole);
    writeFileSync(path, `${n}`);
    rotate(path, n);
    if (n === GENERATIONS / 2 - 1) await new Promise(resolve => setTimeout(resolve, LATER_MS));
  }
}

/** Whether two of them were born in one tick, the later one with a lower inode. */
function hasTwins(paths: readonly string[]): boolean {
  const stats = paths.map(path => statSync(path, { bigint: true }));
  return stats.some(
    (stat, i) => i > 0 && stat.birthtimeNs === stats[i - 1]!.birthtimeNs && stat.ino < stats[i - 1]!.ino,
  );
}

describe('generations that were born in one tick of the clock (F18)', () => {
  for (const [direction, rotate] of Object.entries(SCHEMES)) {
    it(`are told apart by their names where the numbers of the others ${direction}`, async t => {
      const folder = await temporaryFolder(t);
      const search = { afterNs: 0n, isTruncated: false, readsArchives: false, maxNames: 1000 };
      const find = (path: string, next?: Birth): ReturnType<typeof findMissed> =>
        findMissed(path, { ...search, next, isKnown: () => false });
      const inOrder = Array.from({ length: GENERATIONS }, (_, n) => `${n}`);
      for (let i = 0; i < ATTEMPTS; i++) {
        const path = join(folder, `${i}`, 'app.log');
        mkdirSync(dirname(path));
        await makeGenerations(path, rotate);
        const found = (await find(path)) ?? [];
        const read = (files: readonly Missed[]): string[] =>
          files.map(({ renamedTo }) => readFileSync(renamedTo, 'utf8'));
        assert.deepEqual(read(found), inOrder);
        for (const n of [1, GENERATIONS - 1])
          assert.deepEqual(read((await find(path, found[n]!.stat)) ?? []), inOrder.slice(0, n));
        if (hasTwins(found.map(({ renamedTo }) => renamedTo))) return;
      }
      t.skip('the file system gives no inode again at once');
    });
  }
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
