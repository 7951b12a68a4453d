import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imbalances } from './conservation.ts';
import { parseExposition } from './exposition.ts';
import { MetricsRegistry } from './registry.ts';

/** 100 records read, 10 filtered, and two sinks whose books balance. */
function balanced(): MetricsRegistry {
  const metrics = new MetricsRegistry();
  metrics.counter('logs_read_total', { monitor: 'file', source: 'a' }).inc(60);
  metrics.counter('logs_read_total', { monitor: 'docker', source: 'b' }).inc(40);
  metrics.counter('logs_filtered_total', { source: 'a', reason: 'stage' }).inc(10);
  metrics.counter('logs_lost_total', { source: 'a', reason: 'long_line' }).inc(5);
  metrics.counter('logs_settled_total', { sink: 'loki', outcome: 'delivered' }).inc(50);
  metrics.counter('logs_settled_total', { sink: 'loki', outcome: 'stored' }).inc(20);
  metrics.counter('logs_settled_total', { sink: 'loki', outcome: 'discarded' }).inc(1);
  metrics.gauge('logs_in_flight', { sink: 'loki' }).set(19);
  metrics.counter('logs_unmatched_total', { sink: 'kafka' }).inc(30);
  metrics.gauge('logs_in_flight', { sink: 'kafka' }).set(60);
  metrics.counter('dlq_replayed_total', { sink: 'loki', cause: 'overflow' }).inc(7);
  return metrics;
}

async function scrapeImbalances(metrics: MetricsRegistry): Promise<[string, number][]> {
  return [...imbalances(parseExposition(await metrics.text()))].sort();
}

test('books that balance show 0 for every sink', async () => {
  assert.deepEqual(await scrapeImbalances(balanced()), [
    ['kafka', 0],
    ['loki', 0],
  ]);
});

test('a record that vanished in one lane shows as missing in that lane alone', async () => {
  const metrics = balanced();
  metrics.gauge('logs_in_flight', { sink: 'loki' }).set(18);
  assert.deepEqual(await scrapeImbalances(metrics), [
    ['kafka', 0],
    ['loki', 1],
  ]);
});

test('a record that was settled twice shows as a negative number', async () => {
  const metrics = balanced();
  metrics.counter('logs_settled_total', { sink: 'kafka', outcome: 'delivered' }).inc(2);
  assert.deepEqual(await scrapeImbalances(metrics), [
    ['kafka', -2],
    ['loki', 0],
  ]);
});
