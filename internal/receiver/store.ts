import { crc32 } from 'node:zlib';
import { DedupeIndex, type IndexedEntries } from './dedupe-index.ts';
import type { LabelPair } from './labels.ts';
import { SEGMENT_ENTRIES, Segment } from './segment.ts';

const MAX_SEGMENT_TEXT_BYTES = 1024 * 1024;
const MIN_SEGMENT_TEXT_BYTES = 32 * 1024;
const NOBODY: readonly LabelPair[] = [];

/** A stream that has entries. */
export interface StoredStream {
  readonly id: number;
  readonly labels: readonly LabelPair[];
  /** Its labels as Loki writes them. */
  readonly text: string;
  /** Time of its newest entry. */
  newestSec: number;
  newestNanos: number;
  /** How many of its entries are kept. */
  entries: number;
}

/**
 * The entries that are kept, in order of arrival and bounded in memory: the oldest segments go first. An entry
 * with the same stream, time and text as one that is kept is a duplicate and is not stored again.
 */
export class Store implements IndexedEntries {
  readonly #maxBytes: number;
  readonly #segmentTextBytes: number;
  readonly #streams = new Map<string, StoredStream>();
  readonly #streamsById = new Map<number, StoredStream>();
  readonly #index: DedupeIndex = new DedupeIndex(this);
  #segments: Segment[] = [];
  /** Number of the first segment that is kept. */
  #firstSegment = 0;
  #segmentBytes = 0;
  #nextStream = 0;
  #candidateStream = 0;
  #candidateSec = 0;
  #candidateNanos = 0;
  #candidateLine: Buffer = Buffer.alloc(0);
  #count = 0;
  /** Entries that went to make room. */
  evicted = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#segmentTextBytes = Math.min(
      MAX_SEGMENT_TEXT_BYTES,
      Math.max(MIN_SEGMENT_TEXT_BYTES, Math.floor(maxBytes / 16)),
    );
  }

  get heldBytes(): number {
    return this.#segmentBytes + this.#index.heldBytes;
  }

  get count(): number {
    return this.#count;
  }

  get oldest(): number {
    return this.#firstSegment * SEGMENT_ENTRIES;
  }

  /** The number that the next entry gets, or a smaller one. */
  get next(): number {
    const last = this.#segments.at(-1);
    return (
      this.oldest + (last === undefined ? 0 : (this.#segments.length - 1) * SEGMENT_ENTRIES + last.count)
    );
  }

  get streams(): ReadonlyMap<string, StoredStream> {
    return this.#streams;
  }

  /** The segments that are kept, oldest first: a copy that stays as it is while newer entries come. */
  segments(): Segment[] {
    return [...this.#segments];
  }

  /** The segment that holds an entry, if it is kept. */
  segmentOf(entry: number): Segment | undefined {
    return this.#segments[Math.floor(entry / SEGMENT_ENTRIES) - this.#firstSegment];
  }

  labelsOf(stream: number): readonly LabelPair[] {
    return this.#streamsById.get(stream)?.labels ?? NOBODY;
  }

  /** The stream with these labels, new if need be. */
  stream(text: string, labels: readonly LabelPair[]): StoredStream {
    const known = this.#streams.get(text);
    if (known !== undefined) return known;
    const id = this.#nextStream++;
    const stream = { id, labels, text, newestSec: Number.NEGATIVE_INFINITY, newestNanos: 0, entries: 0 };
    this.#streams.set(text, stream);
    this.#streamsById.set(id, stream);
    return stream;
  }

  /** Stores an entry; false when it is a duplicate. The line is copied. */
  append(stream: StoredStream, sec: number, nanos: number, line: Buffer): boolean {
    this.#candidateStream = stream.id;
    this.#candidateSec = sec;
    this.#candidateNanos = nanos;
    this.#candidateLine = line;
    const hash = crc32(line, (Math.imul(stream.id + 1, 0x85eb_ca6b) ^ Math.imul(sec, 31) ^ nanos) >>> 0);
    if (this.#index.hasCandidate(hash)) return false;
    this.#push(stream, sec, nanos, hash, line);
    return true;
  }

  hashOf(entry: number): number {
    return this.segmentOf(entry)?.hash[entry % SEGMENT_ENTRIES] ?? 0;
  }

  equalsCandidate(entry: number): boolean {
    const segment = this.segmentOf(entry)!;
    const i = entry % SEGMENT_ENTRIES;
    return (
      segment.stream[i] === this.#candidateStream &&
      segment.sec[i] === this.#candidateSec &&
      segment.nanos[i] === this.#candidateNanos &&
      segment.line(i).equals(this.#candidateLine)
    );
  }

  forEachEntry(visit: (entry: number, hash: number) => void): void {
    this.#segments.forEach((segment, s) => {
      const base = (this.#firstSegment + s) * SEGMENT_ENTRIES;
      for (let i = 0; i < segment.count; i++) visit(base + i, segment.hash[i]!);
    });
  }

  #push(stream: StoredStream, sec: number, nanos: number, hash: number, line: Buffer): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || !segment.hasRoom(line.length)) {
      segment = new Segment(this.#segmentTextBytes);
      this.#segments.push(segment);
      this.#segmentBytes += segment.heldBytes;
    }
    const entry = (this.#firstSegment + this.#segments.length - 1) * SEGMENT_ENTRIES + segment.count;
    const heldBefore = segment.heldBytes;
    segment.push(stream.id, sec, nanos, hash, line);
    this.#segmentBytes += segment.heldBytes - heldBefore;
    this.#count++;
    stream.entries++;
    this.#index.add(hash, entry);
    while (this.heldBytes > this.#maxBytes && this.#segments.length > 1) this.#evict();
  }

  #evict(): void {
    const segment = this.#segments.shift()!;
    this.#firstSegment++;
    this.#segmentBytes -= segment.heldBytes;
    this.#count -= segment.count;
    this.evicted += segment.count;
    for (let i = 0; i < segment.count; i++) this.#leave(this.#streamsById.get(segment.stream[i]!)!);
  }

  /** A stream without entries is forgotten, so that streams are bounded as well. */
  #leave(stream: StoredStream): void {
    if (--stream.entries > 0) return;
    this.#streams.delete(stream.text);
    this.#streamsById.delete(stream.id);
  }
}
