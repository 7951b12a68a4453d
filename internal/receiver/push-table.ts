/** One stream of a push: its labels as sent, and which entries are its own. */
export interface PushedStream {
  readonly labels: string;
  readonly from: number;
  readonly to: number;
}

const FIRST_CAPACITY = 4096;

/**
 * One push, decoded into columns: entry i is the line `bytes[start[i] … end[i])` at `sec[i]`, `nanos[i]`. One
 * table serves all pushes, one after the other, so that a line costs no object. Valid until the next `reset`.
 */
export class PushTable {
  bytes: Buffer = Buffer.alloc(0);
  readonly streams: PushedStream[] = [];
  count = 0;
  start = new Uint32Array(FIRST_CAPACITY);
  end = new Uint32Array(FIRST_CAPACITY);
  /** Seconds since 1970; may be negative. */
  sec = new Float64Array(FIRST_CAPACITY);
  nanos = new Uint32Array(FIRST_CAPACITY);
  /** Structured metadata of the entry: bytes of names and values, and how many pairs. */
  metadataBytes = new Uint32Array(FIRST_CAPACITY);
  metadataPairs = new Uint32Array(FIRST_CAPACITY);
  /** 1 where the entry was taken: stored, counted, or known already. 0 where it was refused. */
  taken = new Uint8Array(FIRST_CAPACITY);

  /** Forgets the last push; the lines of the next one lie in `bytes`. */
  reset(bytes: Buffer): void {
    this.bytes = bytes;
    this.streams.length = 0;
    this.count = 0;
  }

  /** Adds an empty entry and returns its number; the caller fills its columns. */
  add(): number {
    if (this.count === this.start.length) this.#grow();
    const i = this.count++;
    this.start[i] = 0;
    this.end[i] = 0;
    this.sec[i] = 0;
    this.nanos[i] = 0;
    this.metadataBytes[i] = 0;
    this.metadataPairs[i] = 0;
    this.taken[i] = 0;
    return i;
  }

  /** Bytes of all lines. */
  lineBytes(): number {
    let bytes = 0;
    for (let i = 0; i < this.count; i++) bytes += this.end[i]! - this.start[i]!;
    return bytes;
  }

  #grow(): void {
    const capacity = this.start.length * 2;
    this.start = grown(this.start, new Uint32Array(capacity));
    this.end = grown(this.end, new Uint32Array(capacity));
    this.sec = grown(this.sec, new Float64Array(capacity));
    this.nanos = grown(this.nanos, new Uint32Array(capacity));
    this.metadataBytes = grown(this.metadataBytes, new Uint32Array(capacity));
    this.metadataPairs = grown(this.metadataPairs, new Uint32Array(capacity));
    this.taken = grown(this.taken, new Uint8Array(capacity));
  }
}

/** `next` with the values of `column` at its start. */
export function grown<T extends Uint8Array | Uint32Array | Float64Array>(column: T, next: T): T {
  next.set(column);
  return next;
}
