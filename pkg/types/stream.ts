import { createHash } from 'node:crypto';
import type { LabelsCOW } from './labels-cow.ts';

/** A moment in two plain numbers, because a BigInt a line would cost more than the line. */
export interface Instant {
  /** Whole seconds since 1970. */
  readonly sec: number;
  /** Nanoseconds within the second, 0 … 999 999 999. */
  readonly nanos: number;
}

/**
 * Where bytes come from, as the sinks see it: a frozen set of labels. Same labels, same object
 * (`StreamRegistry`), so that a sink can keep what it computed for a stream in a `WeakMap`.
 */
export class Stream {
  /** 16 hexadecimal digits that depend on the labels alone: stable across restarts and machines. */
  readonly id: string;
  /** The first 32 bits of `id`, to spread streams over slots. */
  readonly hash: number;
  readonly #labels: LabelsCOW;
  #nextSec = 0;
  #nextNanos = 0;

  constructor(labels: LabelsCOW) {
    this.#labels = labels.clone().markReadOnly();
    this.id = createHash('sha256').update(this.#labels.key()).digest('hex').slice(0, 16);
    this.hash = Number.parseInt(this.id.slice(0, 8), 16);
  }

  /** The labels, shared copy-on-write: writing to what this returns never changes the stream. */
  get labels(): LabelsCOW {
    return this.#labels.shallowCopy();
  }

  /**
   * Takes `count` consecutive nanoseconds for records that carry no time of their own and returns the
   * first. They start at `nowMs`, or right after those taken before: the times of a stream never repeat
   * and never go backwards, even when the clock does (F20). Loki stores equal time + equal text once, so
   * two honest equal lines must not share a nanosecond.
   */
  takeTimes(count: number, nowMs: number): Instant {
    const nowSec = Math.floor(nowMs / 1000);
    const now = plusNanos({ sec: nowSec, nanos: 0 }, Math.round((nowMs - nowSec * 1000) * 1e6));
    const isPast = now.sec < this.#nextSec || (now.sec === this.#nextSec && now.nanos < this.#nextNanos);
    const first = isPast ? { sec: this.#nextSec, nanos: this.#nextNanos } : now;
    this.skipTimes(first, count);
    return first;
  }

  /** Tells the stream that `count` nanoseconds from `first` are used: times remembered from before a restart. */
  skipTimes(first: Instant, count: number): void {
    const end = plusNanos(first, count);
    if (end.sec < this.#nextSec || (end.sec === this.#nextSec && end.nanos <= this.#nextNanos)) return;
    this.#nextSec = end.sec;
    this.#nextNanos = end.nanos;
  }
}

/** `instant` + `nanos`, carried into the seconds. */
export function plusNanos(instant: Instant, nanos: number): Instant {
  const total = instant.nanos + nanos;
  const carry = Math.floor(total / 1e9);
  return { sec: instant.sec + carry, nanos: total - carry * 1e9 };
}

/** Interns streams: one object for one label set. Streams nobody holds any more are collected. */
export class StreamRegistry {
  readonly #streams = new Map<string, WeakRef<Stream>>();
  readonly #gone = new FinalizationRegistry<string>(key => {
    if (this.#streams.get(key)?.deref() === undefined) this.#streams.delete(key);
  });

  /** The stream with these labels; made at its first call. The labels are copied. */
  get(labels: LabelsCOW): Stream {
    const key = labels.key();
    const known = this.#streams.get(key)?.deref();
    if (known !== undefined) return known;
    const stream = new Stream(labels);
    this.#streams.set(key, new WeakRef(stream));
    this.#gone.register(stream, key);
    return stream;
  }

  get size(): number {
    return this.#streams.size;
  }
}
