import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sparkline, type TopStatus, topView } from './top-view.ts';

const STATUS: TopStatus = {
  version: '1.2.3',
  health: { status: 'degraded' },
  records_per_second: 12_345.6,
  throughput: [0, 5, 10],
  queue: { records: 7, bytes: 1 << 20, utilization: 0.254 },
  retry_queue: { queue_size: 1, max_queue_size: 5000 },
  sinks: [
    {
      ...{ name: 'loki', breaker: 'open', is_healthy: false, records_per_second: 0.5, records_total: 99 },
      ...{ depth: 3, lag: 2, parked_records: 1, utilization: 0.5, errors: 8, consecutive_errors: 6 },
      batch_latency_seconds: { average: 0.01, p95: 0.02, max: 0.5 },
    },
  ],
  dlq: [
    { sink: 'loki', cause: 'rejected', records: 4 },
    { sink: 'other', cause: 'rejected', records: 9 },
  ],
  file_monitor: [
    { source: 'a', path: '/near', lagBytes: 1, waitsFor: 'an event' },
    { source: 'a', path: '/evil\u001b[2J', lagBytes: 1000, waitsFor: 'its next read' },
  ],
  recent_errors: [{ time: '2026-11-21T08:00:00Z', key: 'sink.failed', msg: 'no answer' }],
};

it('shows the sinks, the files that are furthest behind, and the last errors', () => {
  const lines = topView(STATUS, 200).split('\n');
  assert.match(lines[0] ?? '', /1\.2\.3 {2}degraded {2}12346 lines\/s {2}▁▅█/);
  assert.match(lines[1] ?? '', /queue 7 records, 1\.0 MiB \(25 %\) {3}retry queue 1 of 5000/);
  const sink = lines.find(line => line.startsWith('loki'));
  assert.match(sink ?? '', /failing ×6 \(open\) +0\.5 +99 +3 +2 +1 +50 % +10 ms +20 ms +500 ms +8 +4$/);
  const files = lines.filter(line => line.startsWith('a '));
  assert.match(files[0] ?? '', /1000 +its next read/);
  assert.match(lines.at(-2) ?? '', /sink\.failed +no answer/);
});

it('is cut to the terminal, and nothing in a name moves its cursor', () => {
  const text = topView(STATUS, 60);
  assert.ok(text.split('\n').every(line => line.length <= 60));
  assert.ok(!text.includes('\u001b'));
});

it('draws a flat line where nothing passed', () => {
  assert.equal(sparkline([0, 0]), '▁▁');
});
