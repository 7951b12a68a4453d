/**
 * The sink against a real Loki. What it claims is what Loki has: lines that are neither refused nor wait are stored,
 * once and as they were; lines that are refused are not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../pkg/clock/clock.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { batchOf } from '../helpers/batches.ts';
import { linesOf } from '../helpers/chunks.ts';
import { readBack } from '../helpers/loki-reader.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { lokiProgram, RealLoki } from '../helpers/real-loki.ts';
import { scopeOf } from '../helpers/scope.ts';
import { BATCHES, type BatchCase } from './batches.ts';

function tenantOf({ title }: BatchCase): string {
  return title.replaceAll(/[^a-z0-9]+/gi, '-');
}

/** The records of a batch that an outcome speaks of. */
function spokenOf(outcome: Outcome, { records }: Batch): { refused: Set<number>; waiting: Set<number> } {
  const all = Array.from({ length: records }, (_, n) => n);
  switch (outcome.kind) {
    case 'delivered':
      return { refused: new Set(), waiting: new Set() };
    case 'retry':
      return { refused: new Set(), waiting: new Set(outcome.rest ?? all) };
    case 'rejected': {
      const refused = new Set(outcome.refusals.flatMap(refusal => [...refusal.records]));
      return { refused, waiting: new Set(outcome.rest?.records ?? []) };
    }
    default:
      throw new Error(`the sink says ${outcome.kind}`);
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
      let spoken = { refused: new Set<number>(), waiting: new Set<number>() };
      const stored: string[] = [];
      const refused: string[] = [];
      for (const parts of given.batches) {
        const batch = batchOf(...parts);
        const outcome = await sink.send(batch, new AbortController().signal);
        t.diagnostic(JSON.stringify(outcome).slice(0, 400));
        spoken = spokenOf(outcome, batch);
        const { refused: no, waiting } = spoken;
        const lines = parts.flatMap(linesOf);
        stored.push(...lines.filter((_, n) => !no.has(n) && !waiting.has(n)));
        refused.push(...lines.filter((_, n) => no.has(n)));
      }
      const records = given.batches.at(-1)!.reduce((sum, { from, to }) => sum + to - from, 0);
      const { size: refusedCount } = spoken.refused;
      const { size: waitingCount } = spoken.waiting;
      assert.deepEqual([records - refusedCount - waitingCount, refusedCount, waitingCount], given.ends);
      const kept: string[] = [];
      for await (const { line } of readBack(loki.url, '{service_name=~".+"}', tenant)) kept.push(line);
      const counts = new Map<string, number>();
      for (const line of kept) counts.set(line, (counts.get(line) ?? 0) + 1);
      for (const line of stored) assert.equal(counts.get(line), 1, `${line.slice(0, 80)} is there once`);
      for (const line of refused)
        assert.equal(counts.get(line), undefined, `${line.slice(0, 80)} is not there`);
    });
});
