import { utf8Boundary } from '../encodings/utf8.ts';
import type { LineOrder } from './line-order.ts';
import { type TakenLines, TextMemory } from './text-memory.ts';

const LF = 10;
const CR = 13;
const FIRST_LINES = 32;

/**
 * The lines of one output stream of a container, put together from the engine's messages: the text of each stands in
 * `bytes`, one behind the other with a newline between, its time in `times`. A message that does not end in a newline
 * is a piece of a line; the next with the same time goes on with it. Nothing is allocated for a line.
 */
export class LineBuffer {
  spans: Uint32Array = new Uint32Array(0);
  /** The engine's time of each line: seconds, nanoseconds. */
  times: Uint32Array = new Uint32Array(0);
  /** The place of each line in the order of all outputs. */
  orders: Float64Array = new Float64Array(0);
  /** For each line: 1 where no other output was in the middle of a line when it became whole. */
  #alone: Uint8Array = new Uint8Array(0);
  /** Whole lines before this one are done with. */
  first = 0;
  /** Whole lines so far, from `first` on. */
  count = 0;
  /** Lines that were cut, and bytes that were left out, since `takeLosses`. */
  #cuts = 0;
  #lostBytes = 0;
  #length = 0;
  /** Where the line begins that is not whole yet; -1 when there is none. */
  #open = -1;
  #openSec = 0;
  #openNanos = 0;
  #isCut = false;
  #lastByte = 0;
  readonly #memory = new TextMemory();
  readonly #maxLineBytes: number;
  readonly #order: LineOrder;

  constructor(maxLineBytes: number, order: LineOrder) {
    this.#maxLineBytes = maxLineBytes;
    this.#order = order;
  }

  get bytes(): Buffer {
    return this.#memory.bytes;
  }

  /** Bytes that wait, of whole lines and of the one that is not whole. */
  get heldBytes(): number {
    return this.#length - this.#keptFrom();
  }

  /** The place of the whole line number `line` among those of all outputs; infinity where there is none yet. */
  orderAt(line: number): number {
    return line < this.count ? this.orders[this.first + line]! : Number.POSITIVE_INFINITY;
  }

  /** Whether all other lines either come before the whole line number `line`, or have not been passed. */
  dividesLines(line: number): boolean {
    return this.#alone[this.first + line] === 1 && this.orderAt(line) > this.#order.done;
  }

  /** How many of the first `limit` whole lines come before a place. */
  countBefore(order: number, limit = this.count): number {
    let lines = 0;
    while (lines < limit && this.orders[this.first + lines]! < order) lines++;
    return lines;
  }

  /** The number of the first whole line that is not older than a moment; `count` where there is none. */
  firstSince(sec: number, nanos: number): number {
    let line = 0;
    while (line < this.count && this.#isBefore(2 * (this.first + line), sec, nanos)) line++;
    return line;
  }

  /** A message begins. */
  begin(sec: number, nanos: number): void {
    if (this.#open >= 0 && (sec !== this.#openSec || nanos !== this.#openNanos)) this.close();
    if (this.#open >= 0) return;
    this.#order.open++;
    this.#open = this.#length;
    this.#lastByte = 0;
    this.#openSec = sec;
    this.#openNanos = nanos;
  }

  /** More text of the message. */
  append(bytes: Buffer, from: number, to: number): void {
    const at = this.room(to - from);
    this.fill(at + bytes.copy(this.bytes, at, from, to));
  }

  /** Where more text of the message, up to `bytes` of it, can be written to `bytes`, for `fill` to take it. */
  room(bytes: number): number {
    this.#memory.reserve(this.#length + bytes, this.#length);
    return this.#length;
  }

  /** More text of the message stands in `bytes` up to `end`. */
  fill(end: number): void {
    if (end === this.#length) return;
    this.#lastByte = this.bytes[end - 1]!;
    // Its newline and a carriage return are no part of it.
    const room = this.#isCut ? 0 : this.#open + this.#maxLineBytes + 2 - this.#length;
    const kept = Math.min(end, this.#length + room);
    this.#length = kept;
    if (kept < end) this.#leaveOut(end - kept);
  }

  /** The message ended; the line too, where it ended in a newline. */
  end(): void {
    if (this.#lastByte === LF) this.close();
  }

  /** What is there of the line that is not whole is all of it. */
  close(): void {
    if (this.#open < 0) return;
    let end = this.#length;
    if (this.#lastByte === LF && !this.#isCut) {
      end--;
      if (end > this.#open && this.bytes[end - 1] === CR) end--;
    }
    if (end - this.#open > this.#maxLineBytes) {
      this.#cuts += this.#isCut ? 0 : 1;
      const cut = utf8Boundary(this.bytes, this.#open, this.#open + this.#maxLineBytes);
      this.#lostBytes += end - cut;
      end = cut;
    }
    this.#order.open--;
    this.#push(this.#open, end);
    this.#open = -1;
    this.#isCut = false;
  }

  /** The first `lines` whole lines are done with. */
  drop(lines: number): void {
    this.#pass(lines);
    const from = this.#keptFrom();
    // To move much for little is not worth it.
    if (this.count > 0 && from * 2 < this.#length) return;
    this.#memory.keep(from, this.#length);
    this.#shift(from);
  }

  /** Takes the first `lines` whole lines out, in memory of their own. */
  take(lines: number): TakenLines {
    const from = this.spans[this.first * 2]!;
    const last = this.first + lines;
    const to = this.spans[last * 2 - 1]!;
    const spans = this.spans.slice(this.first * 2, last * 2);
    this.#pass(lines);
    const kept = this.#keptFrom();
    const lent = this.#memory.lend(to - from, kept, this.#length);
    if (lent !== undefined) {
      this.#shift(kept);
      return { ...lent, spans };
    }
    const copy = this.#memory.copy(from, to);
    for (let i = 0; i < spans.length; i++) spans[i]! -= from;
    this.drop(0);
    return { ...copy, spans };
  }

  /** How many lines were cut, and how many bytes of them left out, since it was asked last. */
  takeLosses(): { readonly cuts: number; readonly lostBytes: number } {
    const losses = { cuts: this.#cuts, lostBytes: this.#lostBytes };
    this.#cuts = 0;
    this.#lostBytes = 0;
    return losses;
  }

  /** Forgets everything: the messages will come again. */
  clear(): void {
    if (this.#open >= 0) this.#order.open--;
    this.#open = -1;
    this.#isCut = false;
    this.drop(this.count);
  }

  #push(start: number, end: number): void {
    const at = (this.first + this.count) * 2;
    if (at === this.spans.length) this.#reserveLine();
    this.spans[at] = start;
    this.spans[at + 1] = end;
    this.times[at] = this.#openSec;
    this.times[at + 1] = this.#openNanos;
    this.orders[at / 2] = this.#order.next++;
    this.#alone[at / 2] = this.#order.open === 0 ? 1 : 0;
    this.count++;
    this.#length = end;
    if (this.#lastByte === LF) this.bytes[this.#length++] = LF;
  }

  #isBefore(at: number, sec: number, nanos: number): boolean {
    return this.times[at]! < sec || (this.times[at] === sec && this.times[at + 1]! < nanos);
  }

  #leaveOut(bytes: number): void {
    if (!this.#isCut) {
      this.#isCut = true;
      this.#cuts++;
    }
    this.#lostBytes += bytes;
  }

  #reserveLine(): void {
    const length = Math.max(FIRST_LINES * 2, this.spans.length * 2);
    this.spans = grow(this.spans, new Uint32Array(length));
    this.times = grow(this.times, new Uint32Array(length));
    this.orders = grow(this.orders, new Float64Array(length / 2));
    this.#alone = grow(this.#alone, new Uint8Array(length / 2));
  }

  #pass(lines: number): void {
    if (lines > 0) this.#order.done = Math.max(this.#order.done, this.orderAt(lines - 1));
    this.first += lines;
    this.count -= lines;
  }

  /** Where that begins which is still needed. */
  #keptFrom(): number {
    if (this.count > 0) return this.spans[this.first * 2]!;
    return this.#open >= 0 ? this.#open : this.#length;
  }

  /** What stood at `from` stands at the beginning now. */
  #shift(from: number): void {
    const end = this.first + this.count;
    this.spans.copyWithin(0, this.first * 2, end * 2);
    this.times.copyWithin(0, this.first * 2, end * 2);
    this.orders.copyWithin(0, this.first, end);
    this.#alone.copyWithin(0, this.first, end);
    for (let i = 0; i < this.count * 2; i++) this.spans[i]! -= from;
    this.first = 0;
    this.#length -= from;
    if (this.#open >= 0) this.#open -= from;
  }
}

function grow<A extends Uint8Array | Uint32Array | Float64Array>(array: A, grown: A): A {
  grown.set(array);
  return grown;
}
