/** `order: strict`: what failed holds back later lines of its stream, in memory and on disk, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Batch } from '../../pkg/types/batch.ts';
import { DELIVERED, type Outcome } from '../../pkg/types/outcome.ts';
import { numbered, testChunk, testStream } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure, type ScriptedSink } from '../../test/helpers/scripted-sink.ts';
import type { LaneOptions } from './lane-options.ts';

type Harness = Awaited<ReturnType<typeof dispatcherHarness>>;

const FAIL = () => failure('unavailable');
const NO_LEADER = { kind: 'unavailable', message: 'the partition has no leader' } as const;

function strict(lane: Partial<LaneOptions> = {}, queueRecords = 100): Promise<Harness> {
  return dispatcherHarness({ queueRecords, lanes: [{ keepsOrder: true, ...lane }] });
}

async function publish({ dispatcher, clock }: Harness, name: string, count: number, from = 0): Promise<void> {
  await dispatcher.publish(testChunk(numbered(name, count, from), testStream({ name })).chunk);
  await clock.advance(1);
}

/** Takes everything but one stream. */
function without(name: string): (batch: Batch) => Outcome {
  return batch => {
    const rest = batch.parts.flatMap(({ stream, from, to }) =>
      Array.from({ length: to - from }, () => stream.labels.get('name') === name),
    );
    const records = Uint32Array.from(rest.flatMap((isIn, record) => (isIn ? [record] : [])));
    return records.length === 0 ? DELIVERED : { kind: 'retry', failure: NO_LEADER, rest: records };
  };
}

function arrived(sink: ScriptedSink, name: string): string[] {
  return sink.sent.flatMap(({ lines }) => lines.filter(line => line.startsWith(name)));
}

describe('order: strict', () => {
  it('a stream that has to wait holds back its later lines, and no other stream', async () => {
    const harness = await strict();
    const { clock, sink } = harness;
    sink.respond = without('slow');
    await publish(harness, 'slow', 10);
    await publish(harness, 'slow', 10, 10);
    await publish(harness, 'fast', 10);
    await clock.advance(1000);
    assert.deepEqual(new Set(arrived(sink, 'slow')), new Set(numbered('slow', 10)), 'the later ones wait');
    assert.deepEqual(arrived(sink, 'fast'), numbered('fast', 10));
    sink.respond = () => DELIVERED;
    await clock.advance(10_000);
    assert.deepEqual(
      sink.delivered.filter(line => line.startsWith('slow')),
      numbered('slow', 20),
    );
  });

  it('what went to disk in an outage is sent before what was read later', async () => {
    const harness = await strict({ retryQueueRecords: 20 });
    const { clock, sink, metrics } = harness;
    sink.respond = FAIL;
    for (let k = 0; k < 50; k++) await publish(harness, 'line', 10, k * 10);
    await clock.advance(100);
    assert.ok(metrics.total('dlq_stored_total') > 0, 'the disk is in use');
    sink.respond = () => DELIVERED;
    for (let k = 50; k < 60; k++) await publish(harness, 'line', 10, k * 10);
    await clock.advance(60_000);
    assert.deepEqual(sink.delivered, numbered('line', 600));
  });

  it('what the disk is too busy for waits in its place', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const lines = (name: string, from: number, to: number): string[] =>
      numbered(name, (to - from) * 4, from * 4).map((line, n) =>
        line.padEnd(10 + ((n + from) % 7) * 10, 'x'),
      );
    // What may be on its way to the disk at once is now one slot's batch, now that of two or three.
    const harness = await strict({ workers: 3, retryQueueRecords: 10, retryQueueBytes: 1200 });
    const { clock, sink, metrics, dispatcher } = harness;
    sink.respond = FAIL;
    const publishing = (async () => {
      for (let k = 0; k < 60; k++)
        for (const name of names)
          await dispatcher.publish(testChunk(lines(name, k, k + 1), testStream({ name })).chunk);
    })();
    await clock.advance(5000);
    assert.ok(metrics.total('dlq_stored_total') > 0, 'the disk is in use');
    sink.respond = () => DELIVERED;
    await clock.advance(120_000);
    await publishing;
    await clock.advance(60_000);
    for (const name of names)
      assert.deepEqual(
        sink.delivered.filter(line => line.startsWith(name)),
        Array.from({ length: 60 }, (_, k) => lines(name, k, k + 1)).flat(),
      );
  });

  it('an outage uses up no retries: the oldest lines stay the first', async () => {
    const harness = await strict({ maxRetries: 1, breaker: { failures: 5, resetMs: 10_000 } });
    const { clock, sink, metrics } = harness;
    sink.respond = FAIL;
    await publish(harness, 'line', 10);
    await clock.advance(120_000);
    await publish(harness, 'line', 10, 10);
    sink.respond = () => DELIVERED;
    await clock.advance(20_000);
    assert.deepEqual(sink.delivered, numbered('line', 20));
    assert.equal(metrics.total('dlq_stored_total'), 0);
  });

  it('a batch that can never be taken is found out, for others are, and becomes letters', async () => {
    const harness = await strict({ maxRetries: 2, workers: 2 });
    const { clock, sink, metrics } = harness;
    const isPoison = ({ parts }: Batch) => parts.some(({ stream }) => stream.labels.get('name') === 'poison');
    sink.respond = batch => (isPoison(batch) ? FAIL() : DELIVERED);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await publish(harness, 'poison', 10);
    for (let k = 0; k < 20; k++) {
      for (const name of names) await publish(harness, name, 1, k);
      await clock.advance(5000);
    }
    await clock.advance(15_000);
    assert.equal(metrics.value('dlq_stored_total', { sink: 'sink0', cause: 'retries_exhausted' }), 10);
    for (const name of names)
      assert.deepEqual(
        sink.delivered.filter(line => line.startsWith(name)),
        numbered(name, 20),
      );
  });

  it('letters of an earlier life go before everything that is read now', async () => {
    const first = await strict();
    first.sink.respond = FAIL;
    await publish(first, 'line', 30);
    const drained = first.dispatcher.drain(first.clock.monotonicMs() + 1000);
    await first.clock.advance(10_000);
    await drained;
    await first.dispatcher.close();
    await first.deadLetters.close();
    const second = await dispatcherHarness({ fs: first.fs, lanes: [{ keepsOrder: true }] });
    await publish(second, 'line', 30, 30);
    await second.clock.advance(10_000);
    assert.deepEqual(second.sink.delivered, numbered('line', 60));
  });
});
