import { invariant } from '../errors/errors.ts';
import type { Json } from './json.ts';
import type { Receipt } from './receipt.ts';
import type { Instant, Stream } from './stream.ts';

/** Where a chunk came from, for metrics, dead letters and `explain`. */
export interface Origin {
  readonly monitor: 'file' | 'docker' | 'dlq';
  /** The source's name in the config: a bounded label value. */
  readonly source: string;
}

/** What a chunk is made of. */
export interface ChunkInit {
  readonly origin: Origin;
  readonly stream: Stream;
  /** The memory that holds the records: a slab on loan, or a buffer of the chunk's own. */
  readonly bytes: Buffer;
  /** `[start0, end0, start1, end1, …]`: byte ranges in `bytes`, ends exclusive, newlines left out. */
  readonly spans: Uint32Array;
  /** Time of the first record; record i is i nanoseconds later. */
  readonly base: Instant;
  /** `[sec0, nanos0, sec1, nanos1, …]` where records have times of their own; `base` is unused then. */
  readonly times?: Uint32Array | undefined;
  /** When the bytes were read, on the wall clock: delivery latency counts from here. */
  readonly readAtMs: number;
  readonly receipt: Receipt;
  /** Where the chunk ends in its source, as the monitor counts; for dead letters. */
  readonly position?: Json | undefined;
  /** Called once when nobody uses `bytes` any more: gives a slab back to its pool (I7). */
  readonly onFree?: (() => void) | undefined;
}

/**
 * One read of one stream. Records are byte ranges, never objects. Born with one reference, that of its
 * maker, who hands it to the queue; lanes that lend its memory retain and release.
 */
export class Chunk {
  readonly origin: Origin;
  readonly stream: Stream;
  readonly bytes: Buffer;
  readonly spans: Uint32Array;
  readonly base: Instant;
  readonly times: Uint32Array | undefined;
  readonly readAtMs: number;
  readonly receipt: Receipt;
  readonly position: Json | undefined;
  readonly records: number;
  /** Bytes of all records, newlines not counted. */
  readonly lineBytes: number;
  /** Memory that this chunk keeps alive: what the queue's bound counts (I4). */
  readonly heldBytes: number;
  readonly #onFree: (() => void) | undefined;
  #references = 1;

  constructor(init: ChunkInit) {
    this.origin = init.origin;
    this.stream = init.stream;
    this.bytes = init.bytes;
    this.spans = init.spans;
    this.base = init.base;
    this.times = init.times;
    this.readAtMs = init.readAtMs;
    this.receipt = init.receipt;
    this.position = init.position;
    this.#onFree = init.onFree;
    this.records = init.spans.length >>> 1;
    this.lineBytes = spanBytes(init.spans, 0, this.records);
    this.heldBytes = init.bytes.length + init.spans.byteLength + (init.times?.byteLength ?? 0);
  }

  retain(): void {
    invariant(this.#references > 0, 'a chunk was retained after it was freed');
    this.#references++;
  }

  release(): void {
    invariant(this.#references > 0, 'a chunk was released more often than it was retained');
    if (--this.#references === 0) this.#onFree?.();
  }
}

/** Bytes of the records `from` … `to` (exclusive) of `spans`. */
export function spanBytes(spans: Uint32Array, from: number, to: number): number {
  let bytes = 0;
  for (let i = from * 2; i < to * 2; i += 2) bytes += spans[i + 1]! - spans[i]!;
  return bytes;
}
