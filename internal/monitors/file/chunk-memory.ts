import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { SlabShelf } from '../../../pkg/slab/slab-shelf.ts';
import type { Run } from '../finder.ts';

/** A run as a chunk keeps it. */
export interface ChunkMemory extends Run {
  /** What the bytes are in, on loan to the chunk: given back when nobody needs them any more. */
  readonly slab?: Slab;
}

/**
 * Decides where a chunk's records live. Many of them stay in the slab they were read into, or in the copy that was
 * made of it; few are copied, for a small chunk that waits in the queue must not keep much memory, and so is scratch. The
 * run's spans become the chunk's: nobody else uses them after this.
 */
export function chunkMemory(slab: Slab, run: Run, copies: SlabShelf): ChunkMemory {
  const { bytes, spans, isScratch } = run;
  const from = spans[0]!;
  const to = spans.at(-1)!;
  if (isScratch !== true && to - from >= bytes.length / 2)
    return bytes === slab.bytes ? { ...run, slab } : run;
  for (let i = 0; i < spans.length; i++) spans[i] = spans[i]! - from;
  const copy = copies.acquire(to - from);
  bytes.copy(copy.bytes, 0, from, to);
  return { ...run, bytes: copy.bytes, slab: copy };
}
