/**
 * Buffers that a sink encodes into, kept between sends: fresh memory costs more than the writing. There are
 * never more of them than sends in flight.
 */
export class ScratchPool {
  readonly #free: Buffer[] = [];

  /** A buffer of at least `bytes`, with whatever it held before. */
  take(bytes: number): Buffer {
    const kept = this.#free.pop();
    if (kept !== undefined && kept.length >= bytes) return kept;
    return Buffer.allocUnsafeSlow(roundUp(bytes));
  }

  give(scratch: Buffer): void {
    this.#free.push(scratch);
  }
}

const STEP_BYTES = 256 * 1024;

function roundUp(bytes: number): number {
  return Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
}
