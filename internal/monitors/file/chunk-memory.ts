import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { Run } from '../finder.ts';

/** A run as a chunk keeps it. With `onFree` the slab is on loan to the chunk. */
export interface ChunkMemory extends Run {
  readonly onFree?: () => void;
}

/**
 * Decides where a chunk's records live. Many of them stay in the slab they were read into, or in the copy that was
 * made of it; few are copied, for a small chunk that waits in the queue must not keep much memory.
 */
export function chunkMemory(slab: Slab, run: Run): ChunkMemory {
  const { bytes, spans } = run;
  const from = spans[0]!;
  const to = spans.at(-1)!;
  if (to - from >= bytes.length / 2) {
    return bytes === slab.bytes ? { ...run, onFree: () => slab.release() } : run;
  }
  // Never from Node's shared pool: there a small chunk would keep its neighbours alive.
  const copy = Buffer.allocUnsafeSlow(to - from);
  bytes.copy(copy, 0, from, to);
  return { ...run, bytes: copy, spans: spans.map(at => at - from) };
}
