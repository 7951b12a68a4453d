import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { SequenceCheck, type SourceReport } from './sequence-check.ts';

/** The report on one source after these lines, each a nanosecond after the one before unless it has a time. */
function reportOn(...lines: readonly (string | [line: string, nanos: number])[]): SourceReport {
  const check = new SequenceCheck();
  lines.forEach((item, i) => {
    const [line, nanos] = typeof item === 'string' ? [item, 1000 + i] : item;
    check.add(Buffer.from(line), 1, nanos, 7);
  });
  return check.report()[0]!;
}

test('lines in order, once each: nothing missing, and the sum is that of the lines', () => {
  const lines = ['app 0 a', 'app 1 b', 'app 2'];
  assert.deepEqual(reportOn(...lines), {
    source: 'app',
    lines: 3,
    distinct: 3,
    highest: 2,
    missing: 0,
    resent: 0,
    duplicates: 0,
    outOfOrder: 0,
    textSum: lines.reduce((sum, line) => (sum + crc32(line)) >>> 0, 0),
  });
});

test('a number that is not there is missing until it comes, and then out of order', () => {
  assert.equal(reportOn('app 0', 'app 2').missing, 1);
  const { missing, outOfOrder } = reportOn('app 0', 'app 2', 'app 1');
  assert.deepEqual({ missing, outOfOrder }, { missing: 0, outOfOrder: 1 });
});

test('a line that came again just as before is resent; with another time or text it is a duplicate', () => {
  const { resent, duplicates } = reportOn(['app 0 x', 1], ['app 0 x', 1], ['app 0 x', 2], ['app 0 y', 1]);
  assert.deepEqual({ resent, duplicates }, { resent: 1, duplicates: 2 });
});

test('sources are followed each on its own', () => {
  const check = new SequenceCheck();
  for (const line of ['a 0', 'ab 0', 'a 1', 'b 0', 'ab 2']) check.add(Buffer.from(line), 1, 1, 1);
  const found = check.report().map(({ source, lines, missing }) => ({ source, lines, missing }));
  assert.deepEqual(found, [
    { source: 'a', lines: 2, missing: 0 },
    { source: 'ab', lines: 2, missing: 1 },
    { source: 'b', lines: 1, missing: 0 },
  ]);
});

test('what is not numbered, or too far, is counted apart', () => {
  const check = new SequenceCheck();
  for (const line of ['', 'word', 'app x', 'app ', ' 1x', 'app 99999999999', `${'s'.repeat(65)} 1`]) {
    check.add(Buffer.from(line), 1, 1, 1);
  }
  assert.equal(check.unnumbered, 7);
  assert.deepEqual(check.report(), []);
});
