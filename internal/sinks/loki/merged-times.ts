import { type Instant, plusNanos } from '../../../pkg/types/stream.ts';

/** Times this much behind those that were given last are from another age: nothing that is sent now is near them. */
const NEAR_SEC = 10;
/** Passages whose times are remembered: more than a stream has under way. */
const MAX_PASSAGES = 64;

/** The nanoseconds that a sink has given to entries of streams that it merges: each of them once. */
export class MergedTimes {
  #next: Instant = { sec: 0, nanos: 0 };

  /** Takes `records` nanoseconds from `first` on, or as soon after it as they are free; returns by how much they moved. */
  take(first: Instant, records: number): number {
    const behindNanos = nanosBetween(first, this.#next);
    if (behindNanos > NEAR_SEC * 1e9) return 0;
    const shiftNanos = Math.max(0, behindNanos);
    this.#next = plusNanos(first, shiftNanos + records);
    return shiftNanos;
  }
}

interface Passage {
  readonly first: Instant;
  readonly records: number;
  readonly shiftNanos: number;
}

/**
 * The times of a stream that Loki sees as one with others. Each of our streams uses a nanosecond once, but two of them
 * may use the same, and Loki keeps entries of equal time and text once. So their times are moved apart by nanoseconds,
 * and a passage that is sent again gets the times that it had.
 */
export class MergedStreamTimes {
  readonly #shared: MergedTimes;
  readonly #passages: Passage[] = [];

  constructor(shared: MergedTimes) {
    this.#shared = shared;
  }

  /** By how much the times of `records` records from `first` on are moved. */
  shiftOf(first: Instant, records: number): number {
    const known = this.#passages.findLast(passage => covers(passage, first));
    if (known !== undefined) return known.shiftNanos;
    const shiftNanos = this.#shared.take(first, records);
    this.#passages.push({ first, records, shiftNanos });
    if (this.#passages.length > MAX_PASSAGES) this.#passages.shift();
    return shiftNanos;
  }
}

function covers({ first, records }: Passage, instant: Instant): boolean {
  const nanos = nanosBetween(first, instant);
  return nanos >= 0 && nanos < records;
}

/** How much later `b` is than `a`. */
function nanosBetween(a: Instant, b: Instant): number {
  return (b.sec - a.sec) * 1e9 + b.nanos - a.nanos;
}
