import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { KafkaSink, type KafkaSinkDeps } from '../../internal/sinks/kafka/sink.ts';
import { kafkaSinkSpec } from '../../internal/sinks/kafka/spec.ts';
import { systemClock } from '../../pkg/clock/clock.ts';

/** A Kafka sink as the keys of its block in the config describe it. */
export function makeKafkaSink(
  config: Readonly<Record<string, unknown>> & { readonly brokers: readonly string[] },
  deps: Partial<KafkaSinkDeps> = {},
): KafkaSink {
  const options = { ...kafkaSinkSpec.parse({ topic: 'logs', ...config }), name: 'kafka' };
  const silent = { clock: systemClock, logger: silentLogger, metrics: silentMetrics };
  return new KafkaSink(options, { ...silent, ...deps });
}
