import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testStream } from '../../test/helpers/chunks.ts';
import { LastDeliveries } from './last-deliveries.ts';

it('remembers the streams that had lines last, and no more than it may', () => {
  const deliveries = new LastDeliveries();
  const streams = Array.from({ length: 5001 }, (_, n) => testStream({ n: `${n}` }));
  for (const [n, stream] of streams.slice(0, 5000).entries()) deliveries.note(stream, n);
  deliveries.note(streams[0]!, 9000);
  deliveries.note(streams[5000]!, 9001);
  assert.equal(deliveries.of(streams[0]!), 9000);
  assert.equal(deliveries.of(streams[1]!), undefined);
  assert.equal(deliveries.of(streams[2]!), 2);
  assert.equal(deliveries.of(streams[5000]!), 9001);
});
