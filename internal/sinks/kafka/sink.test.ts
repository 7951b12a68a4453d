import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Batch } from '../../../pkg/types/batch.ts';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import type { Sink } from '../../../pkg/types/ports.ts';
import { batchOf, partOf } from '../../../test/helpers/batches.ts';
import { numbered, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { FakeKafka, type ProduceFate } from '../../../test/helpers/fake-kafka.ts';
import { makeKafkaSink } from '../../../test/helpers/kafka-sink.ts';
import { RecordingLogger } from '../../../test/helpers/recording-logger.ts';

const NOT_LEADER = 6;
const TOO_LARGE = 10;
const FORBIDDEN = 29;
const OUT_OF_ORDER = 45;
const DUPLICATE = 46;
const OLD_EPOCH = 47;
const UNKNOWN_PRODUCER = 59;

let sequence = 0;

function batchFor(job: string, lines: readonly string[]): Batch {
  return { ...batchOf(partOf(testChunk(lines, testStream({ job })).chunk)), sequence: ++sequence };
}

function send(sink: Sink, batch: Batch): Promise<Outcome> {
  return sink.send(batch, AbortSignal.timeout(5000));
}

/** Runs a test with a sink before a broker of one partition. */
async function withSink(
  config: object,
  test: (sink: Sink, kafka: FakeKafka) => Promise<void>,
): Promise<void> {
  const kafka = await FakeKafka.listen(1);
  const sink = makeKafkaSink({ brokers: [kafka.address], format: 'raw', ...config });
  try {
    await sink.start();
    await test(sink, kafka);
  } finally {
    await sink.close();
    await kafka.close();
  }
}

/** Answers with these, one after the other, and then takes all. */
function script(kafka: FakeKafka, ...fates: ProduceFate[]): void {
  kafka.fateOf = () => fates.shift() ?? 'take';
}

describe('KafkaSink, by the book of idempotence', () => {
  for (const [name, fate] of [
    ['the leader moved', NOT_LEADER],
    ['the connection broke before the batch was stored', 'cut'],
    ['the connection broke after the batch was stored', 'store and cut'],
    ['the answer says that it is there already', DUPLICATE],
  ] as const)
    it(`sends the same bytes, which are stored once, when ${name}`, () =>
      withSink({}, async (sink, kafka) => {
        script(kafka, 'take', fate);
        assert.equal((await send(sink, batchFor('a', ['first']))).kind, 'delivered');
        assert.equal((await send(sink, batchFor('a', ['second']))).kind, 'delivered');
        const [, once, again] = kafka.produced;
        if (again !== undefined) assert.deepEqual(once?.bytes, again.bytes);
        assert.deepEqual(kafka.values(0), fate === DUPLICATE ? ['first'] : ['first', 'second']);
      }));

  it('begins a new epoch with sequence 0 when the broker has lost its producer', () =>
    withSink({}, async (sink, kafka) => {
      script(kafka, 'take', UNKNOWN_PRODUCER, 'take', OUT_OF_ORDER);
      for (const line of ['1', '2', '3'])
        assert.equal((await send(sink, batchFor('a', [line]))).kind, 'delivered');
      const stamps = kafka.logs[0]!.batches.map(({ producerEpoch, firstSequence }) => [
        producerEpoch,
        firstSequence,
      ]);
      assert.deepEqual(stamps, [
        [0, 0],
        [1, 0],
        [2, 0],
      ]);
      assert.deepEqual(kafka.values(0), ['1', '2', '3']);
    }));

  it('asks for a new producer id when its own is of no use any more', () =>
    withSink({}, async (sink, kafka) => {
      script(kafka, 'take', OLD_EPOCH);
      for (const line of ['1', '2'])
        assert.equal((await send(sink, batchFor('a', [line]))).kind, 'delivered');
      assert.deepEqual(
        kafka.logs[0]!.batches.map(({ producerId }) => producerId),
        ['0', '1'],
      );
    }));

  it('numbers the records of a partition without a gap', () =>
    withSink({}, async (sink, kafka) => {
      for (const count of [3, 1, 7]) await send(sink, batchFor('a', numbered('x', count)));
      assert.deepEqual(
        kafka.logs[0]!.batches.map(({ firstSequence }) => firstSequence),
        [0, 3, 4],
      );
    }));

  it('recognises what it gave up on when it comes again, stored or not', () =>
    withSink({ timeout: '100ms', delivery_timeout: '150ms' }, async (sink, kafka) => {
      script(kafka, 'take', 'store and cut', ...Array<ProduceFate>(20).fill('hang'));
      const batch = batchFor('a', ['first', 'second']);
      await send(sink, batchFor('a', ['before']));
      assert.equal((await send(sink, batch)).kind, 'retry');
      script(kafka);
      assert.equal((await send(sink, { ...batch, attempt: 2 })).kind, 'delivered');
      assert.equal((await send(sink, batchFor('a', ['after']))).kind, 'delivered');
      assert.deepEqual(kafka.values(0), ['before', 'first', 'second', 'after']);
    }));
});

describe('KafkaSink', () => {
  it('divides a batch that is too large, in order, and refuses the record that is', () =>
    withSink({ delivery_timeout: '5s' }, async (sink, kafka) => {
      kafka.fateOf = ({ records }) =>
        records.some(({ value }) => String(value) === 'large') ? TOO_LARGE : 'take';
      const lines = [...numbered('a', 5), 'large', ...numbered('b', 6)];
      const outcome = await send(sink, batchFor('a', lines));
      assert.deepEqual(
        outcome.kind === 'rejected' && outcome.refusals.map(({ kind, records }) => [kind, [...records]]),
        [['too_large', [5]]],
      );
      assert.equal((await send(sink, batchFor('a', ['next']))).kind, 'delivered');
      assert.deepEqual(kafka.values(0), [...lines.toSpliced(5, 1), 'next']);
    }));

  it('keeps lines that it may not write, and asks for half a minute', () =>
    withSink({}, async (sink, kafka) => {
      script(kafka, FORBIDDEN);
      const outcome = await send(sink, batchFor('a', ['line']));
      assert.equal(outcome.kind === 'retry' && outcome.failure.kind, 'unauthorized');
      assert.equal(outcome.kind === 'retry' && outcome.afterMs, 30_000);
      assert.equal(outcome.kind === 'retry' && outcome.rest, undefined, 'the sink has no other topic');
    }));

  it('tells a partition that nobody leads from an outage: the others go on', async () => {
    const kafka = await FakeKafka.listen(2);
    const sink = makeKafkaSink({ brokers: [kafka.address], format: 'raw', delivery_timeout: '200ms' });
    try {
      await sink.start();
      kafka.leaderless.add(0);
      const parts = Array.from({ length: 8 }, (_, n) =>
        partOf(testChunk([`l${n}`], testStream({ n: `${n}` })).chunk),
      );
      const outcome = await send(sink, { ...batchOf(...parts), sequence: ++sequence });
      assert.equal(outcome.kind, 'retry');
      const rest = outcome.kind === 'retry' ? [...(outcome.rest ?? [])] : [];
      assert.ok(rest.length > 0 && rest.length < 8, `${rest}`);
      assert.deepEqual(
        kafka.values(1),
        Array.from({ length: 8 }, (_, n) => `l${n}`).filter((_, n) => !rest.includes(n)),
      );
    } finally {
      await sink.close();
      await kafka.close();
    }
  });

  it('leaves a broker alone for as long as it asks', () =>
    withSink({}, async (sink, kafka) => {
      kafka.throttleMs = 200;
      await send(sink, batchFor('a', ['1']));
      const startMs = performance.now();
      await send(sink, batchFor('a', ['2']));
      assert.ok(performance.now() - startMs >= 190);
    }));

  it('says when it meets another cluster, and begins there with a producer of its own', async () => {
    const kafka = await FakeKafka.listen(1);
    const logger = new RecordingLogger();
    const sink = makeKafkaSink({ brokers: [kafka.address], format: 'raw' }, { logger });
    try {
      await sink.start();
      await send(sink, batchFor('a', ['here']));
      kafka.clusterId = 'other';
      script(kafka, NOT_LEADER);
      assert.equal((await send(sink, batchFor('a', ['there']))).kind, 'delivered');
      assert.equal(logger.count('kafka.cluster_changed'), 1);
      assert.deepEqual(
        kafka.logs[0]!.batches.map(({ producerId }) => producerId),
        ['0', '1'],
      );
    } finally {
      await sink.close();
      await kafka.close();
    }
  });
});
