/**
 * The sink against a real Loki. What it claims is what Loki has: lines that are neither refused nor wait are stored,
 * once and as they were; lines that are refused are not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LokiSink } from '../../internal/sinks/loki/sink.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import type { Batch, Part } from '../../pkg/types/batch.ts';
import type { Outcome, Refusal } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { linesOf } from '../helpers/chunks.ts';
import { linesAt } from '../helpers/loki-pair.ts';
import { readBack } from '../helpers/loki-reader.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { lokiProgram, RealLoki } from '../helpers/real-loki.ts';
import type { TenantLimits } from '../helpers/real-loki-config.ts';
import { scopeOf } from '../helpers/scope.ts';
import { BATCHES, type BatchCase } from './batches.ts';

function tenantOf({ title }: BatchCase): string {
  return title.replaceAll(/[^a-z0-9]+/gi, '-');
}

interface Spoken {
  readonly refused: Set<number>;
  readonly waiting: Set<number>;
  /** Of the refused, those that Loki has perhaps: they were taken before, and their stream went on since. */
  readonly late: Set<number>;
}

/** The records of a batch that an outcome speaks of. */
function spokenOf(outcome: Outcome, { records }: Batch): Spoken {
  const refusals = outcome.kind === 'rejected' ? outcome.refusals : [];
  const late = refusals.filter(({ message }) => message.includes('entry too far behind'));
  const numbers = (of: readonly Refusal[]) => new Set(of.flatMap(refusal => [...refusal.records]));
  const all = Array.from({ length: records }, (_, n) => n);
  const waiting = outcome.kind === 'retry' ? (outcome.rest ?? all) : undefined;
  const rest = outcome.kind === 'rejected' ? outcome.rest?.records : waiting;
  return { refused: numbers(refusals), late: numbers(late), waiting: new Set(rest ?? []) };
}

/** What a sink has said of the lines of some batches, which all differ. */
class Claims {
  readonly stored: string[] = [];
  readonly refused: string[] = [];

  /** Sends a batch; returns how many of its lines are stored, refused and wait. */
  async send(sink: LokiSink, parts: readonly Part[]): Promise<[number, number, number]> {
    const batch = batchOf(...parts);
    const { refused, waiting, late } = spokenOf(await sink.send(batch, new AbortController().signal), batch);
    const lines = parts.flatMap(linesOf);
    const stored = lines.filter((_, n) => !refused.has(n) && !waiting.has(n));
    this.stored.push(...stored);
    this.refused.push(...lines.filter((_, n) => refused.has(n) && !late.has(n)));
    return [stored.length, refused.size, waiting.size];
  }

  /** Fails unless it is what a Loki has of the tenant. */
  async assertTrue(url: string, tenant: string): Promise<void> {
    const counts = new Map<string, number>();
    for await (const { line } of readBack(url, '{service_name=~".+"}', tenant))
      counts.set(line, (counts.get(line) ?? 0) + 1);
    for (const line of this.stored) assert.equal(counts.get(line), 1, `${line.slice(0, 80)} is there once`);
    for (const line of this.refused)
      assert.equal(counts.get(line), undefined, `${line.slice(0, 80)} is not there`);
  }
}

test('what the sink says is what a real Loki has', async t => {
  const program = lokiProgram(t);
  if (program === undefined) return;
  const tenants = Object.fromEntries(BATCHES.map(given => [tenantOf(given), given.loki ?? {}]));
  const loki = await RealLoki.start(scopeOf(t), program, tenants);
  for (const given of BATCHES)
    await t.test(given.title, async t => {
      const tenant = tenantOf(given);
      const sink = makeLokiSink({ url: loki.url, tenant, ...given.sink }, { clock: systemClock });
      t.after(() => sink.close());
      const claims = new Claims();
      let ends: readonly number[] = [];
      for (const parts of given.batches) ends = await claims.send(sink, parts);
      assert.deepEqual(ends, given.ends);
      await claims.assertTrue(loki.url, tenant);
    });
});

/** Seconds ago, on both sides of each limit of age. */
const AGES = [0, 0, 0, 1, 1700, 1900, 3500, 3700, 3 * 3600, 8 * 86_400, -500, -700];
const LIMITS: readonly TenantLimits[] = [
  {},
  { max_global_streams_per_user: 4 },
  { per_stream_rate_limit: '1KB', per_stream_rate_limit_burst: '1KB' },
  { per_stream_rate_limit: '1KB', per_stream_rate_limit_burst: '3KB', shard_streams: { enabled: false } },
  { ingestion_rate_mb: 0.02, ingestion_burst_size_mb: 0.02 },
  { max_line_size: 150 },
];

const randomPart = fc.record({
  job: fc.integer({ min: 0, max: 6 }),
  entries: fc.array(
    fc.record({ age: fc.constantFrom(...AGES), bytes: fc.constantFrom(0, 10, 100, 200, 500) }),
    { minLength: 1, maxLength: 6 },
  ),
});
const randomBatches = fc.array(fc.array(randomPart, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
});

test('so it is whatever is sent, in whichever order', async t => {
  const program = lokiProgram(t);
  if (program === undefined) return;
  const RUNS = 30;
  const names = Array.from({ length: RUNS }, (_, n) => `random-${n}`);
  const tenants = Object.fromEntries(names.map((name, n) => [name, LIMITS[n % LIMITS.length]!]));
  const loki = await RealLoki.start(scopeOf(t), program, tenants);
  let run = 0;
  const property = fc.asyncProperty(randomBatches, async batches => {
    const tenant = names[run++]!;
    const sink = makeLokiSink(
      { url: loki.url, tenant, max_stream_rate: run % 2 === 0 ? '1KiB' : '3MiB', max_line_bytes: 0 },
      { clock: systemClock },
    );
    const claims = new Claims();
    let line = 0;
    try {
      for (const parts of batches)
        await claims.send(
          sink,
          parts.map(({ job, entries }) =>
            linesAt(
              { job: `j${job}` },
              entries.map(({ age, bytes }) => [`${line++} ${'x'.repeat(bytes)}`, -age * 1000] as const),
              Date.now(),
            ),
          ),
        );
    } finally {
      await sink.close();
    }
    await claims.assertTrue(loki.url, tenant);
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
});
