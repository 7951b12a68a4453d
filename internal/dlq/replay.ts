import type { Clock } from '../../pkg/clock/clock.ts';
import type { File, Fs } from '../../pkg/fsx/fs.ts';
import { putUnescaped } from '../../pkg/json-bytes/json-bytes.ts';
import { type Slab, SlabPool } from '../../pkg/slab/slab-pool.ts';
import { SlabShelf } from '../../pkg/slab/slab-shelf.ts';
import { Chunk } from '../../pkg/types/chunk.ts';
import type { StreamRegistry } from '../../pkg/types/stream.ts';
import { type LetterPage, PAGE_BYTES, readLetters } from './letter-pages.ts';
import { type Kin, LetterReader, nanosAt, secondsAt } from './letter-reader.ts';
import { pushRange } from './ranges.ts';
import { type Segment, Tally } from './segment.ts';

/** What one call of `take` may still give. */
export interface Allowance {
  records: number;
  /** Of lines; the first letter is given whatever its size. */
  bytes: number;
  isUntouched: boolean;
}

export interface ReplayOptions {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly streams: StreamRegistry;
  /** Whether a letter of this cause goes by itself. */
  readonly isAuto: readonly boolean[];
  /** The lane is done with letters: they are done in the segment. */
  settled(segment: Segment, tally: Tally): void;
  /** A chunk was let go unsettled: its letters wait again. */
  released(segment: Segment): void;
  /** Letters that should be there were not found: damaged since the start. */
  missed(segment: Segment, records: number): void;
}

const FIRST_BYTES = 4096;
/** A sheaf grows so much at once: the sizes between are not left over. */
const GROWTH = 4;
/** Memory that is kept for the letters that are taken next. */
const RETAINED_BYTES = 2 * 1024 * 1024;

/** Letters of one stream and source on their way into a chunk. */
class Sheaf {
  readonly kin: Kin;
  readonly spans: number[] = [];
  readonly times: number[] = [];
  /** Their ranges in the segment. */
  readonly letters: number[] = [];
  readonly tally = new Tally();
  slab: Slab;
  filled = 0;
  readonly #slabs: SlabShelf;

  constructor(kin: Kin, slabs: SlabShelf) {
    this.kin = kin;
    this.#slabs = slabs;
    this.slab = slabs.acquire(FIRST_BYTES);
  }

  add(page: LetterPage, from: number, to: number, reader: LetterReader, cause: number): void {
    const needed = this.filled + reader.lineTo - reader.lineFrom;
    if (needed > this.slab.bytes.length) this.#grow(needed);
    const start = this.filled;
    this.filled = putUnescaped(this.slab.bytes, start, page.bytes, reader.lineFrom, reader.lineTo);
    this.spans.push(start, this.filled);
    this.times.push(secondsAt(page.bytes, reader.timeAt), nanosAt(page.bytes, reader.timeAt));
    pushRange(this.letters, page.offset + from, page.offset + to + 1);
    this.tally.add(cause, 1, to + 1 - from);
  }

  #grow(needed: number): void {
    const { slab } = this;
    this.slab = this.#slabs.acquire(Math.max(needed, slab.bytes.length * GROWTH));
    slab.bytes.copy(this.slab.bytes, 0, 0, this.filled);
    slab.release();
  }
}

/** One reading of a segment, for the letters that may go. */
class Taking {
  readonly sheaves = new Map<string, Sheaf>();
  readonly #segment: Segment;
  readonly #allowance: Allowance;
  readonly #isAuto: readonly boolean[];
  readonly #slabs: SlabShelf;
  readonly #reader = new LetterReader();
  #kin: Kin | undefined;
  #sheaf: Sheaf | undefined;

  constructor(segment: Segment, allowance: Allowance, isAuto: readonly boolean[], slabs: SlabShelf) {
    this.#segment = segment;
    this.#allowance = allowance;
    this.#isAuto = isAuto;
    this.#slabs = slabs;
  }

  /** Takes what may go of a page. Returns where it stopped: at the end of the page, or before the first letter too many. */
  page(page: LetterPage): number {
    const taken: number[] = [];
    const { letters, offset } = page;
    let end = offset + page.bytes.length;
    for (let i = 0; i < letters.length; i += 2) {
      const from = letters[i]!;
      const to = letters[i + 1]!;
      const kin = this.#candidate(page, from, to);
      if (kin === undefined) continue;
      if (!this.#allow(this.#reader.lineTo - this.#reader.lineFrom)) {
        end = offset + from;
        break;
      }
      this.#sheafOf(kin).add(page, from, to, this.#reader, kin.cause);
      pushRange(taken, offset + from, offset + to + 1);
      this.#segment.takeable--;
    }
    this.#segment.out.add(taken);
    return end;
  }

  /** The letter, if it may go. */
  #candidate(page: LetterPage, from: number, to: number): Kin | undefined {
    const { done, out, requested } = this.#segment;
    const offset = page.offset + from;
    if (done.endAt(offset) >= 0 || out.endAt(offset) >= 0) return undefined;
    const kin = this.#reader.read(page.bytes, from, to);
    return this.#isAuto[kin.cause] || requested.endAt(offset) >= 0 ? kin : undefined;
  }

  #allow(lineBytes: number): boolean {
    const allowance = this.#allowance;
    if (allowance.records === 0 || (lineBytes > allowance.bytes && !allowance.isUntouched)) return false;
    allowance.records--;
    allowance.bytes = Math.max(0, allowance.bytes - lineBytes);
    allowance.isUntouched = false;
    return true;
  }

  #sheafOf(kin: Kin): Sheaf {
    if (kin === this.#kin) return this.#sheaf!;
    const key = `${kin.labels.key()}\0${kin.source}`;
    const sheaf = this.sheaves.get(key) ?? new Sheaf(kin, this.#slabs);
    this.sheaves.set(key, sheaf);
    [this.#kin, this.#sheaf] = [kin, sheaf];
    return sheaf;
  }
}

/** Takes the letters that may go out of segments, as one chunk a stream and source. */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #slabs = new SlabShelf({ minBytes: FIRST_BYTES, retainBytes: RETAINED_BYTES });
  readonly #pages = new SlabPool({ slabBytes: PAGE_BYTES, retainBytes: PAGE_BYTES });

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Letters of one segment, oldest first, within `allowance`, which it lowers. Rejects with the system's error. */
  async take(segment: Segment, allowance: Allowance): Promise<Chunk[]> {
    const { fs, isAuto } = this.#options;
    const taking = new Taking(segment, allowance, isAuto, this.#slabs);
    const file = await fs.open(segment.path, 'r');
    const page = this.#pages.acquire();
    try {
      await this.#read(file, segment, taking, page.bytes);
    } catch (error) {
      for (const { letters, spans, slab } of taking.sheaves.values()) {
        segment.takeBack(letters, spans.length / 2);
        slab.release();
      }
      throw error;
    } finally {
      page.release();
      await file.close();
    }
    return Array.from(taking.sheaves.values(), sheaf => this.#bind(segment, sheaf));
  }

  async #read(file: File, segment: Segment, taking: Taking, buffer: Buffer): Promise<void> {
    const { bytes } = segment;
    let looked = segment.cursor;
    for await (const page of readLetters(file, looked, bytes, buffer)) {
      const end = taking.page(page);
      // Lower than where it was left: letters came back, or were asked for, meanwhile.
      if (segment.cursor === looked) segment.cursor = end;
      looked = end;
      if (end < page.offset + page.bytes.length) return;
    }
    if (segment.cursor === bytes && segment.bytes === bytes && segment.takeable > 0) {
      this.#options.missed(segment, segment.takeable);
      segment.takeable = 0;
    }
  }

  #bind(segment: Segment, sheaf: Sheaf): Chunk {
    const { clock, streams, settled, released } = this.#options;
    const { kin, letters, slab, tally, times } = sheaf;
    let isSettled = false;
    return new Chunk({
      origin: { monitor: 'dlq', source: kin.source },
      stream: streams.get(kin.labels),
      bytes: slab.bytes.subarray(0, sheaf.filled),
      spans: Uint32Array.from(sheaf.spans),
      base: { sec: times[0]!, nanos: times[1]! },
      times: Uint32Array.from(times),
      readAtMs: clock.now(),
      receipt: {
        expect: () => undefined,
        settle: () => {
          isSettled = true;
          segment.out.remove(letters);
          segment.finish(letters, tally);
          settled(segment, tally);
        },
      },
      onFree: () => {
        slab.release();
        if (isSettled) return;
        segment.takeBack(letters, times.length / 2);
        released(segment);
      },
    });
  }
}
