import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { delay } from '../../../pkg/clock/clock.ts';
import type { Sink } from '../../../pkg/types/ports.ts';
import { batchOf, partOf } from '../../../test/helpers/batches.ts';
import { numbered, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { FakeKafka, type ProduceFate } from '../../../test/helpers/fake-kafka.ts';
import { hurriedClock } from '../../../test/helpers/hurried-clock.ts';
import { makeKafkaSink } from '../../../test/helpers/kafka-sink.ts';

const NOT_LEADER = 6;
const NOT_ENOUGH_REPLICAS = 19;
const BATCHES = 4;
const CLOCK = hurriedClock(20);

/** Sends numbered lines of one stream, batch by batch, each until it is delivered, as a lane does. */
async function sendStream(sink: Sink, job: string, stream: number): Promise<void> {
  for (let n = 0; n < BATCHES; n++) {
    const { chunk } = testChunk([`${job} ${2 * n}`, `${job} ${2 * n + 1}`], testStream({ job }), 1e12 + n);
    const batch = { ...batchOf(partOf(chunk)), sequence: n * 100 + stream };
    for (let attempt = 1; ; attempt++) {
      const outcome = await sink.send({ ...batch, attempt }, new AbortController().signal);
      if (outcome.kind === 'delivered') break;
      assert.ok(outcome.kind === 'retry');
      await delay(CLOCK, outcome.afterMs ?? 100);
    }
  }
}

/** What the one partition of a broker holds after it failed like this, and the streams that were sent. */
async function valuesAfter(fates: ProduceFate[], jobs: readonly string[]): Promise<string[]> {
  const kafka = await FakeKafka.listen(1);
  const sink = makeKafkaSink(
    { brokers: [kafka.address], format: 'raw', timeout: '2s', delivery_timeout: '3s' },
    { clock: CLOCK },
  );
  kafka.fateOf = () => fates.shift() ?? 'take';
  try {
    await sink.start();
    await Promise.all(jobs.map((job, stream) => sendStream(sink, job, stream)));
    return kafka.values(0);
  } finally {
    await sink.close();
    await kafka.close();
  }
}

it('stores every line once, each stream in order, before a broker that fails at random', () => {
  const fate = fc.constantFrom<ProduceFate>(
    ...(['take', 'take', 'take', 'cut', 'store and cut', 'hang'] as const),
    ...[NOT_LEADER, NOT_ENOUGH_REPLICAS],
  );
  const fates = fc.array(fate, { maxLength: 8 });
  return fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 3 }), async (script, streams) => {
      const jobs = numbered('stream', streams);
      const values = await valuesAfter([...script], jobs);
      for (const job of jobs)
        assert.deepEqual(
          values.filter(value => value.startsWith(`${job} `)),
          numbered(job, 2 * BATCHES),
        );
    }),
    { numRuns: 25 },
  );
});
