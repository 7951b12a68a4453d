import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partOf } from '../../../test/helpers/batches.ts';
import { linesOf, testChunk } from '../../../test/helpers/chunks.ts';
import { selectionOf } from '../../../test/helpers/loki-selection.ts';
import { Findings } from '../findings.ts';
import { limitLines } from './line-limit.ts';

function limit(lines: readonly string[], onLong: 'truncate' | 'dlq') {
  const part = partOf(testChunk(lines).chunk);
  const findings = new Findings(lines.length);
  const spans = part.spans.slice();
  const { selection = [], cutLines } = limitLines(selectionOf(part), { bytes: 5, onLong }, findings);
  assert.deepEqual(part.spans, spans, 'what is lent is not written to');
  const left = selection.flatMap(({ parts }) => parts.flatMap(linesOf));
  return { left, cutLines, outcome: findings.outcome() };
}

test('truncate: longer lines end with the last whole character that fits', () => {
  const { left, cutLines, outcome } = limit(['12345', '123456', 'abcdü', '', '😀😀'], 'truncate');
  assert.deepEqual(left, ['12345', '12345', 'abcd', '', '😀']);
  assert.equal(cutLines, 3);
  assert.deepEqual(outcome, { kind: 'delivered' });
});

test('dlq: longer lines are refused, with their sizes', () => {
  const { left, outcome } = limit(['12345', '123456', 'x', '1234567'], 'dlq');
  assert.deepEqual(left, ['12345', 'x']);
  assert.deepEqual(outcome.kind === 'rejected' && outcome.refusals, [
    { kind: 'too_large', message: 'a line of 6 bytes: max_line_bytes is 5', records: Uint32Array.of(1) },
    { kind: 'too_large', message: 'a line of 7 bytes: max_line_bytes is 5', records: Uint32Array.of(3) },
  ]);
});

test('nothing but long lines leaves nothing', () => {
  assert.deepEqual(limit(['123456'], 'dlq').left, []);
});
