import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { LokiSink, type LokiSinkDeps } from '../../internal/sinks/loki/sink.ts';
import { lokiSinkSpec } from '../../internal/sinks/loki/spec.ts';
import { type Clock, systemClock } from '../../pkg/clock/clock.ts';
import { TEST_NOW_MS } from './chunks.ts';

/** The machine's clock, but its wall stands at the time of what a test sends: to Loki it matters how old lines are. */
export function stoppedAt(nowMs: number): Clock {
  return { ...systemClock, now: () => nowMs };
}

/** A Loki sink as the keys of its block in the config describe it. */
export function makeLokiSink(
  config: Readonly<Record<string, unknown>> & { readonly url: string },
  deps: Partial<LokiSinkDeps> = {},
  workers = 4,
): LokiSink {
  const options = { ...lokiSinkSpec.parse(config), name: 'loki', workers };
  const silent = {
    clock: stoppedAt(TEST_NOW_MS),
    logger: silentLogger,
    metrics: silentMetrics,
    version: '0.0.0',
    env: {},
  };
  return new LokiSink(options, { ...silent, ...deps });
}
