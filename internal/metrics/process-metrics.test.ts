import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { parseExposition } from './exposition.ts';
import { collectProcessMetrics } from './process-metrics.ts';
import { MetricsRegistry } from './registry.ts';

test('build_info names the version, Node.js and the commit', async () => {
  const metrics = new MetricsRegistry();
  const stop = collectProcessMetrics(metrics, { version: '1.2.3', commit: 'abc' });
  stop();
  const labels = { version: '1.2.3', node_version: process.version, commit: 'abc' };
  assert.equal(metrics.value('build_info', labels), 1);
});

test('the process metrics hold plausible values', async () => {
  const metrics = new MetricsRegistry();
  const stop = collectProcessMetrics(metrics, { version: '1.2.3' });
  const samples = parseExposition(await metrics.text());
  stop();
  const value = (name: string): number => samples.find(sample => sample.name === name)?.value ?? Number.NaN;
  assert.ok(value('process_cpu_seconds_total') > 0);
  assert.ok(value('process_resident_memory_bytes') > 10e6);
  assert.ok(value('nodejs_heap_size_used_bytes') > 1e6);
  assert.ok(value('process_open_fds') >= 3);
  assert.ok(value('process_max_fds') > value('process_open_fds'));
  const age = Date.now() / 1000 - value('process_start_time_seconds');
  assert.ok(age > 0 && age < 600, `started ${age} s ago`);
});

test('garbage collections and the busy time of the event loop are counted', () => {
  const script = `
    import { collectProcessMetrics } from './internal/metrics/process-metrics.ts';
    import { MetricsRegistry } from './internal/metrics/registry.ts';
    const metrics = new MetricsRegistry();
    collectProcessMetrics(metrics, { version: '0' });
    gc();
    setTimeout(() => {
      metrics.collect();
      const majors = metrics.value('nodejs_gc_duration_seconds', { kind: 'major' });
      console.log(majors, metrics.value('nodejs_eventloop_active_seconds_total'));
    }, 10);`;
  const flags = ['--expose-gc', '--input-type=module', '--eval', script];
  // That it ends by itself also shows that nothing here keeps the process alive.
  const counted = execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000 });
  const [majors, activeSeconds] = counted.split(' ').map(Number);
  assert.ok(majors! >= 1, counted);
  assert.ok(activeSeconds! > 0, counted);
});
