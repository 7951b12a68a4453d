import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { Records } from '../encodings/records.ts';

/** Records as a chunk keeps them. With `onFree` the slab is on loan to the chunk. */
export interface ChunkMemory extends Records {
  readonly onFree?: () => void;
}

/**
 * Decides where a chunk's records live. Many of them stay in the slab they were read into, or in the copy that was
 * made of it; few are copied, for a small chunk that waits in the queue must not keep much memory.
 */
export function chunkMemory(slab: Slab, { bytes, spans }: Records): ChunkMemory {
  const from = spans[0]!;
  const to = spans.at(-1)!;
  if (to - from >= bytes.length / 2) {
    return bytes === slab.bytes ? { bytes, spans, onFree: () => slab.release() } : { bytes, spans };
  }
  // Never from Node's shared pool: there a small chunk would keep its neighbours alive.
  const copy = Buffer.allocUnsafeSlow(to - from);
  bytes.copy(copy, 0, from, to);
  return { bytes: copy, spans: spans.map(at => at - from) };
}
