import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { Records } from '../encodings/records.ts';
import { repairUtf8 } from '../encodings/utf8.ts';

/** Records as a chunk keeps them. With `onFree` the slab is on loan to the chunk. */
export interface ChunkMemory extends Records {
  readonly onFree?: () => void;
}

/**
 * Decides where a chunk's records live. Many of them stay in the slab they were read into; few are copied, for
 * a small chunk that waits in the queue must not keep a big slab; and where bytes are not UTF-8 the chunk gets a
 * repaired copy. Other encodings are turned into UTF-8 before the lines are looked for, not here.
 */
export function chunkMemory(slab: Slab, spans: Uint32Array): ChunkMemory {
  const repaired = repairUtf8(slab.bytes, spans);
  if (repaired !== undefined) return repaired;
  const from = spans[0]!;
  const to = spans.at(-1)!;
  if (to - from >= slab.bytes.length / 2) {
    return { bytes: slab.bytes, spans, onFree: () => slab.release() };
  }
  // Never from Node's shared pool: there a small chunk would keep its neighbours alive.
  const bytes = Buffer.allocUnsafeSlow(to - from);
  slab.bytes.copy(bytes, 0, from, to);
  return { bytes, spans: spans.map(at => at - from) };
}
