import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../../pkg/types/batch.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { TEST_NOW_MS as NOW_MS, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { lokiStreams } from '../../../test/helpers/loki-selection.ts';
import { groupByStream } from './groups.ts';
import { separated } from './separate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function part(job: string, bytes: number, ageMs = 0): Part {
  return partOf(testChunk(['x'.repeat(bytes)], testStream({ job }), NOW_MS - ageMs).chunk);
}

/** The pushes of a batch, each as the names of its streams; `known` are those that Loki has. */
function pushesOf(parts: readonly Part[], known: readonly string[] = [], config = {}): string[] {
  const streams = lokiStreams(config);
  const selection = groupByStream(parts, streams, NOW_MS);
  const nameOf = ({ labels }: { readonly labels: readonly (readonly [string, string])[] }) => labels[0]![1];
  for (const { target } of selection) if (known.includes(nameOf(target))) target.taken(NOW_MS);
  const maxBehindMs = 'max_behind' in config ? 0 : HOUR;
  return separated(selection, NOW_MS, maxBehindMs).map(push =>
    push.map(({ target }) => nameOf(target)).join(' '),
  );
}

test('streams that nothing can happen to share a push', () => {
  assert.deepEqual(pushesOf([part('a', 10), part('b', 10, 29 * MINUTE), part('c', 10)]), ['a b c']);
});

test('late streams go alone; the first of them last with the others, where Loki knows those', () => {
  const parts = [part('old', 10, 31 * MINUTE), part('a', 10), part('older', 10, HOUR), part('b', 10)];
  assert.deepEqual(pushesOf(parts), ['a b', 'old', 'older']);
  assert.deepEqual(pushesOf(parts, ['a', 'b']), ['a b old', 'older']);
  assert.deepEqual(pushesOf(parts, [], { max_behind: '0s' }), ['old a older b']);
});

test('one late line among others of its stream is enough', () => {
  const whole = part('mixed', 10);
  const sec = Math.floor(NOW_MS / 1000);
  const mixed = {
    ...whole,
    times: Uint32Array.of(sec, 0, sec - 3600, 0),
    spans: Uint32Array.of(0, 5, 5, 10),
    to: 2,
  };
  assert.deepEqual(pushesOf([mixed, part('a', 10)]), ['a', 'mixed']);
});

test('a stream above the rate goes alone, and is quiet again after a while', () => {
  const streams = lokiStreams({ max_stream_rate: '1KiB' });
  const pushes = (bytes: number, nowMs: number): number =>
    separated(groupByStream([part('loud', bytes), part('a', 1)], streams, nowMs), nowMs, 0).length;
  assert.equal(pushes(500, NOW_MS), 1);
  assert.equal(pushes(500, NOW_MS), 2);
  assert.equal(pushes(1, NOW_MS + 1500), 1);
});

test('a limit that Loki named counts where it is lower', () => {
  const streams = lokiStreams();
  const selection = groupByStream([part('loud', 2000), part('a', 1)], streams, NOW_MS);
  assert.equal(separated(selection, NOW_MS, 0).length, 1);
  selection[0]!.target.loudness.rate.limited(1024);
  assert.equal(separated(selection, NOW_MS, 0).length, 2);
});

test('streams that Loki sees as one are as loud as all of them together', () => {
  const config = { max_stream_rate: '1KiB', structured_metadata: ['job'] };
  const streams = lokiStreams(config);
  const parts = ['a', 'b', 'c'].map(job => part(job, 200));
  assert.equal(separated(groupByStream(parts, streams, NOW_MS), NOW_MS, 0).length, 2);
});
