import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportedLine } from '../../internal/receiver/export.ts';
import { type Expectation, judge } from './oracle.ts';

const expected: Expectation = { sources: { a: 4, b: 2 }, line: (source, n) => `${source} ${n} text` };

function arrived(...lines: readonly string[]): ExportedLine[] {
  return lines.map((line, i) => ({ labels: { job: 'x' }, ts: String(1e18 + i), line }));
}

test('all lines, in order within their source: nothing is wrong', async () => {
  const lines = arrived('a 0 text', 'b 0 text', 'a 1 text', 'a 2 text', 'b 1 text', 'a 3 text');
  assert.deepEqual(await judge(expected, lines), { missing: 0, duplicates: 0, outOfOrder: 0, changed: 0 });
});

test('every kind of damage is counted', async () => {
  const lines = arrived('a 0 text', 'a 2 text', 'a 1 text', 'a 1 text', 'b 0 TEXT', 'a 4 text', 'nonsense');
  assert.deepEqual(await judge(expected, lines), { missing: 3, duplicates: 1, outOfOrder: 1, changed: 3 });
});

test('a source of which nothing came is missing whole', async () => {
  assert.deepEqual(await judge(expected, []), { missing: 6, duplicates: 0, outOfOrder: 0, changed: 0 });
});
