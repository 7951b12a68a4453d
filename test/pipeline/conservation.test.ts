import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { numbered, type TestChunk, testChunk, testStream } from '../helpers/chunks.ts';
import { dispatcherHarness } from '../helpers/dispatcher-harness.ts';
import { failure } from '../helpers/scripted-sink.ts';

/** What a sink does with a batch, drawn at random: the record numbers are scaled to the batch. */
type Whim = {
  readonly kind: 'deliver' | 'fail' | 'split' | 'refuse' | 'rest';
  readonly picks: readonly number[];
};

const whim: fc.Arbitrary<Whim> = fc.record({
  kind: fc.constantFrom('deliver', 'deliver', 'fail', 'split', 'refuse', 'rest'),
  picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
});
const action = fc.oneof(
  fc.record({ publish: fc.integer({ min: 1, max: 25 }), stream: fc.nat(5) }),
  fc.record({ advanceMs: fc.integer({ min: 0, max: 3000 }) }),
  fc.record({ copyMode: fc.constantFrom('safe' as const, 'optimized' as const) }),
);

function outcomeOf({ kind, picks }: Whim, records: number): Outcome {
  const chosen = Uint32Array.from(new Set(picks.map(pick => pick % records))).sort();
  const word = { kind: 'unavailable', message: 'whim' } as const;
  if (kind === 'fail') return failure('unavailable');
  if (kind === 'split') return { kind: 'split', failure: word };
  if (kind === 'rest') return { kind: 'retry', failure: word, rest: chosen };
  if (kind === 'refuse') return { kind: 'rejected', refusals: [{ ...word, records: chosen }] };
  return { kind: 'delivered' };
}

describe('conservation (I3)', () => {
  it('whatever two sinks answer: read = delivered + stored + in flight, every chunk settled once, memory free', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 25 }),
        fc.array(whim, { maxLength: 40 }),
        async (actions, whims) => {
          const { clock, metrics, dispatcher, sinks, fatal } = await dispatcherHarness({
            queueRecords: 60,
            lanes: [
              { workers: 2, retryQueueRecords: 15 },
              { workers: 3, copyMode: 'safe' },
            ],
          });
          const left = [...whims];
          for (const sink of sinks)
            sink.respond = batch => outcomeOf(left.shift() ?? { kind: 'deliver', picks: [] }, batch.records);

          const chunks: TestChunk[] = [];
          let read = 0;
          let chain = Promise.resolve();
          for (const step of actions) {
            if ('publish' in step) {
              const chunk = testChunk(numbered('line', step.publish), testStream({ n: String(step.stream) }));
              chunks.push(chunk);
              chain = chain
                .then(() => dispatcher.publish(chunk.chunk))
                .then(() => {
                  read += step.publish;
                });
            } else if ('copyMode' in step) dispatcher.setCopyMode(step.copyMode);
            else await clock.advance(step.advanceMs);
            await clock.advance(0);
            metrics.collect();
            for (const { name } of sinks) assert.equal(accounted(name), read, `books of ${name}`);
          }
          await clock.advance(600_000);
          await chain;
          await clock.advance(600_000);
          assert.deepEqual(fatal, []);
          await metrics.text();
          for (const { name } of sinks) {
            assert.equal(metrics.value('logs_in_flight', { sink: name }), 0);
            assert.equal(accounted(name), read);
          }
          assert.ok(chunks.every(({ receipt }) => receipt.settled === 2));
          assert.ok(chunks.every(chunk => chunk.isFree()));
          assert.ok(clock.armed <= 1, 'nothing ticks when nothing waits, but the age of letters');

          function accounted(sink: string): number {
            const settled = (['delivered', 'stored', 'discarded'] as const).map(
              outcome => metrics.value('logs_settled_total', { sink, outcome }) ?? 0,
            );
            return settled.reduce((a, b) => a + b, metrics.value('logs_in_flight', { sink }) ?? 0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
