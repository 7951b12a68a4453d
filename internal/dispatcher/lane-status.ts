import type { Clock } from '../../pkg/clock/clock.ts';
import type { Health } from '../../pkg/types/ports.ts';
import type { Lane } from './lane.ts';
import { stallOf } from './stall.ts';

const BREAKER_GAUGE = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Sets the gauges of a lane: at each scrape, not at each change. */
export function setGauges(lane: Lane): void {
  const { gauges, unsettled } = lane.stats;
  gauges.inFlight.set(unsettled);
  gauges.parkedRecords.set(lane.parking.records);
  gauges.parkedBytes.set(lane.parking.bytes);
  gauges.parkedShare.set(lane.parking.utilization);
  gauges.lag.set(lane.consumer.lag().records);
  gauges.healthy.set(lane.breaker.isFailing ? 0 : 1);
  gauges.breaker.set(BREAKER_GAUGE[lane.breaker.state]);
  gauges.consecutive.set(lane.breaker.failures);
}

/** A lane that is stuck has failed: a restart may help. A sink that fails has not: it is degraded until it works again. */
export function laneHealth(lane: Lane, clock: Clock): Health {
  const { lastError } = lane.stats;
  const health = presentHealth(lane, clock);
  return lastError === undefined ? health : { ...health, lastError };
}

function presentHealth(lane: Lane, clock: Clock): Health {
  const nowMs = clock.monotonicMs();
  const stall = stallOf(lane, nowMs);
  if (stall !== undefined)
    return { status: 'failed', reason: stall.reason, sinceMs: clock.now() - (nowMs - stall.sinceMs) };
  if (!lane.breaker.isFailing) return lane.sink.health();
  const reason = `${lane.breaker.failures} failed attempts in a row: ${lane.stats.lastError?.message ?? 'unknown'}`;
  return { status: 'degraded', reason, sinceMs: lane.failingSinceMs };
}

/** What `/api/v1/status` shows of a lane (mission row B2). */
export function laneStatus(lane: Lane, nowMs: number): Record<string, unknown> {
  const { stats, breaker, parking } = lane;
  const { average, max, p95 } = stats.latency();
  return {
    name: lane.name,
    copy_mode: lane.options.copyMode,
    breaker: breaker.state,
    is_running: !lane.isDead,
    is_healthy: !breaker.isFailing,
    records_total: stats.settled.delivered,
    batches_total: stats.sends,
    records_per_second: stats.throughput.perSecond(nowMs),
    throughput: stats.throughput.history(nowMs),
    batch_latency_seconds: { average, max, p95 },
    depth: stats.unsettled,
    utilization: lane.sending / lane.slots.length,
    errors: stats.errors,
    consecutive_errors: breaker.failures,
    last_error: stats.lastError?.message ?? null,
    last_error_at: stats.lastError === undefined ? null : new Date(stats.lastError.atMs).toISOString(),
    settled: stats.settled,
    in_flight: stats.unsettled,
    sending: lane.sending,
    workers: lane.slots.length,
    lag: lane.consumer.lag().records,
    parked_records: parking.records,
    max_parked_records: parking.maxRecords,
    parked_bytes: parking.bytes,
  };
}
