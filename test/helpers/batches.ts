import type { Batch, Part } from '../../pkg/types/batch.ts';
import { type Chunk, spanBytes } from '../../pkg/types/chunk.ts';

/** The records `from` … `to` of a chunk, as a lane lends them. */
export function partOf(chunk: Chunk, from = 0, to = chunk.records): Part {
  const { origin, position, stream, bytes, spans, base, times } = chunk;
  return { origin, position, stream, labels: stream.labels, bytes, spans, from, to, base, times };
}

/** A lent batch of these parts, at its first attempt. */
export function batchOf(...parts: readonly Part[]): Batch {
  return {
    ...{ sequence: 1, parts, attempt: 1, isOwned: false },
    records: parts.reduce((sum, { from, to }) => sum + to - from, 0),
    bytes: parts.reduce((sum, { spans, from, to }) => sum + spanBytes(spans, from, to), 0),
  };
}
