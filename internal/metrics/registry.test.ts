import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LcError } from '../../pkg/errors/errors.ts';
import { parseExposition } from './exposition.ts';
import { MetricsRegistry } from './registry.ts';
import { exportedName, METRICS } from './table.ts';

const isInvariant = (error: unknown): boolean => error instanceof LcError && error.code === 'LC_INVARIANT';

test('a name that is not in the table is refused', () => {
  assert.throws(() => new MetricsRegistry().counter('logs_red_total'), isInvariant);
});

test('a label set that is not the metric’s own is refused', () => {
  const metrics = new MetricsRegistry();
  assert.throws(() => metrics.counter('logs_read_total', { source: 'a' }), isInvariant);
  assert.throws(() => metrics.counter('logs_read_total', { monitor: 'file', path: '/x' }), isInvariant);
  assert.throws(() => metrics.gauge('dispatcher_queue_size', { sink: 'loki' }), isInvariant);
});

test('a metric asked for as another type is refused', () => {
  assert.throws(
    () => new MetricsRegistry().gauge('logs_read_total', { monitor: 'file', source: 'a' }),
    isInvariant,
  );
});

test('numbers that a metric cannot hold are refused', () => {
  const metrics = new MetricsRegistry();
  const counter = metrics.counter('dispatcher_retries_total', { sink: 'loki' });
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => counter.inc(wrong), isInvariant);
  }
  assert.throws(() => metrics.gauge('dispatcher_queue_size').set(Number.NaN), isInvariant);
  assert.throws(
    () => metrics.histogram('sink_batch_records', { sink: 'loki' }).observe(Number.NaN),
    isInvariant,
  );
});

test('the same labels in another order are the same child', () => {
  const metrics = new MetricsRegistry();
  metrics.counter('logs_read_total', { monitor: 'file', source: 'a' }).inc(2);
  metrics.counter('logs_read_total', { source: 'a', monitor: 'file' }).inc(3);
  assert.equal(metrics.value('logs_read_total', { monitor: 'file', source: 'a' }), 5);
});

test('a total sums the children that carry the given labels', () => {
  const metrics = new MetricsRegistry();
  metrics.counter('logs_settled_total', { sink: 'loki', outcome: 'delivered' }).inc(5);
  metrics.counter('logs_settled_total', { sink: 'loki', outcome: 'stored' }).inc(2);
  metrics.counter('logs_settled_total', { sink: 'kafka', outcome: 'delivered' }).inc(1);
  assert.equal(metrics.total('logs_settled_total', { sink: 'loki' }), 7);
  assert.equal(metrics.total('logs_settled_total'), 8);
});

test('a child that is bound shows 0 before it is used', async () => {
  const metrics = new MetricsRegistry();
  metrics.counter('dispatcher_retries_total', { sink: 'loki' });
  assert.match(await metrics.text(), /^log_capturer_dispatcher_retries_total\{sink="loki"\} 0$/m);
});

test('label values with quotes, backslashes and newlines survive a scrape', async () => {
  const metrics = new MetricsRegistry();
  const source = 'a"b\\c\nd\\n}, {x="y"} 1';
  metrics.counter('logs_read_total', { monitor: 'file', source }).inc();
  const samples = parseExposition(await metrics.text());
  const read = samples.find(sample => sample.name === 'log_capturer_logs_read_total');
  assert.deepEqual(read, {
    name: 'log_capturer_logs_read_total',
    labels: { monitor: 'file', source },
    value: 1,
  });
});

test('every metric of the table is announced with its help and type', async () => {
  const text = await new MetricsRegistry().text();
  for (const [name, { type }] of METRICS) {
    assert.ok(text.includes(`# TYPE ${exportedName(name)} ${type}\n`), name);
    assert.ok(text.includes(`# HELP ${exportedName(name)} `), name);
  }
});

test('gauges that are computed on demand are set before each scrape', async () => {
  const metrics = new MetricsRegistry();
  const size = metrics.gauge('dispatcher_queue_size');
  let records = 7;
  metrics.onCollect(() => size.set(records));
  assert.match(await metrics.text(), /^log_capturer_dispatcher_queue_size 7$/m);
  records = 8;
  metrics.collect();
  assert.equal(metrics.value('dispatcher_queue_size'), 8);
});

test('a scrape is one instant: what changes while it is written is not in it', async () => {
  const metrics = new MetricsRegistry();
  const first = metrics.counter('logs_read_total', { monitor: 'file', source: 'a' });
  const last = metrics.gauge('dispatcher_queue_size');
  const text = metrics.text();
  first.inc();
  last.set(1);
  const samples = parseExposition(await text);
  assert.ok(samples.length >= 2);
  assert.ok(samples.every(sample => sample.value === 0));
});
