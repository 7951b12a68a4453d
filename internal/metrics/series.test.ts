import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExposition, type ScrapedSample } from './exposition.ts';
import { MetricsRegistry } from './registry.ts';
import { METRICS } from './table.ts';

const SINK = { sink: 'loki' };
const BOUNDS = METRICS.get('sink_batch_records')?.buckets ?? [];

function scraped(samples: readonly ScrapedSample[], suffix: string): ScrapedSample[] {
  return samples.filter(sample => sample.name === `log_capturer_sink_batch_records_${suffix}`);
}

test('the buckets of a histogram count what is at or below their bound', async () => {
  const values = fc.array(fc.oneof(fc.nat(60_000), fc.constantFrom(...BOUNDS)), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(values, async observed => {
      const metrics = new MetricsRegistry();
      const histogram = metrics.histogram('sink_batch_records', SINK);
      for (const value of observed) histogram.observe(value);
      const samples = parseExposition(await metrics.text());
      for (const { labels, value } of scraped(samples, 'bucket')) {
        const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
        assert.equal(value, observed.filter(one => one <= bound).length, `le=${labels.le}`);
      }
      assert.equal(scraped(samples, 'bucket').length, BOUNDS.length + 1);
      assert.equal(scraped(samples, 'count')[0]?.value, observed.length);
      assert.equal(
        scraped(samples, 'sum')[0]?.value,
        observed.reduce((sum, value) => sum + value, 0),
      );
    }),
    { numRuns: 50 },
  );
});

test('the p95 of a histogram lies in the bucket of the true one and never above the maximum', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60_000), { minLength: 1, maxLength: 50 }), observed => {
      const metrics = new MetricsRegistry();
      const histogram = metrics.histogram('sink_batch_records', SINK);
      for (const value of observed) histogram.observe(value);
      const { count, max, average, p95 } = metrics.summary('sink_batch_records', SINK);
      const sorted = observed.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(0.95 * sorted.length) - 1]!;
      const upper = BOUNDS.find(bound => bound >= exact) ?? Number.POSITIVE_INFINITY;
      const lower = BOUNDS.findLast(bound => bound < exact) ?? 0;
      assert.equal(count, observed.length);
      assert.equal(max, sorted.at(-1));
      assert.ok(average <= max);
      assert.ok(p95 >= lower && p95 <= Math.min(upper, max), `${p95} for ${exact}`);
    }),
  );
});

test('the summary of a histogram nobody has used is all zero', () => {
  const nothing = { count: 0, average: 0, max: 0, p95: 0 };
  const metrics = new MetricsRegistry();
  assert.deepEqual(metrics.summary('sink_batch_records', SINK), nothing);
  metrics.histogram('sink_batch_records', SINK);
  assert.deepEqual(metrics.summary('sink_batch_records', SINK), nothing);
});

test('a duration that is negative because the clock was set back counts as 0', () => {
  const metrics = new MetricsRegistry();
  metrics.histogram('sink_batch_records', SINK).observe(-5);
  assert.deepEqual(metrics.summary('sink_batch_records', SINK), { count: 1, average: 0, max: 0, p95: 0 });
});
