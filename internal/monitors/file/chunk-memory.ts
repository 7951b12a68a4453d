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
 * made of it; few are copied, for a small chunk that waits in the queue must not keep much memory, and so is scratch.
 */
export function chunkMemory(slab: Slab, run: Run, copies: SlabShelf): ChunkMemory {
  const { bytes, spans, isScratch } = run;
  const runBytes = spans.at(-1)! - spans[0]!;
  if (isScratch !== true && runBytes >= bytes.length / 2)
    return bytes === slab.bytes ? { ...run, slab } : run;
  return copyOf(run, runBytes, copies);
}

/**
 * A copy in one piece of memory, spans and times at its end: chunks that wait in an outage outlive the young
 * generation, and 16 bytes a line would lie about until the next full collection.
 */
function copyOf({ bytes, spans, times, ...run }: Run, runBytes: number, copies: SlabShelf): ChunkMemory {
  const wordBytes = spans.byteLength + (times?.byteLength ?? 0);
  const slab = copies.acquire(wholeWords(runBytes) + wordBytes);
  const end = slab.bytes.length - wordBytes;
  const from = spans[0]!;
  bytes.copy(slab.bytes, 0, from, from + runBytes);
  const ownSpans = wordsIn(slab, end, spans.length);
  for (let i = 0; i < spans.length; i++) ownSpans[i] = spans[i]! - from;
  const copy = { ...run, bytes: slab.bytes.subarray(0, end), spans: ownSpans, slab };
  if (times === undefined) return copy;
  const ownTimes = wordsIn(slab, end + spans.byteLength, times.length);
  ownTimes.set(times);
  return { ...copy, times: ownTimes };
}

function wordsIn({ bytes }: Slab, at: number, length: number): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset + at, length);
}

/** Of 32 bits, and so is every slab. */
function wholeWords(bytes: number): number {
  return (bytes + 3) & ~3;
}
