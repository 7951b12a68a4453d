import { groupByStream, type Selection } from '../../internal/sinks/loki/groups.ts';
import { LokiStreams } from '../../internal/sinks/loki/loki-streams.ts';
import type { Part } from '../../pkg/types/batch.ts';

/** Parts as the Loki sink sends them: all of a batch, by stream. */
export function selectionOf(...parts: readonly Part[]): Selection {
  return groupByStream(parts, new LokiStreams({}), 0);
}
