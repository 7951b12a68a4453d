import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { groupByStream, type Selection } from '../../internal/sinks/loki/groups.ts';
import { LokiStreams, type LokiStreamsDeps } from '../../internal/sinks/loki/loki-streams.ts';
import { lokiSinkSpec } from '../../internal/sinks/loki/spec.ts';
import type { Part } from '../../pkg/types/batch.ts';

/** How a sink with these keys in its config tells Loki of streams. */
export function lokiStreams(
  config: Readonly<Record<string, unknown>> = {},
  deps: Partial<LokiStreamsDeps> = {},
): LokiStreams {
  const options = lokiSinkSpec.parse({ url: 'http://127.0.0.1:9', ...config });
  return new LokiStreams(options, { sink: 'loki', metrics: silentMetrics, logger: silentLogger, ...deps });
}

/** Parts as the Loki sink sends them: all of a batch, by stream. */
export function selectionOf(...parts: readonly Part[]): Selection {
  return groupByStream(parts, lokiStreams(), 0);
}
