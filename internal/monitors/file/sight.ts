import { TIME_STEP_MS } from './identity.ts';

/** What was seen of a file: how long it is, when it was written, and whether what was read of it is still there. */
export class Sight {
  /** Of what is compressed, as far as it was read. */
  sizeBytes = 0;
  /** Also of what is compressed. */
  diskBytes = 0;
  /** When it was last written to, as far as is known; wall clock. */
  modifiedMs = 0;
  /** When it was last seen that what stands before the position is what was read; wall clock. */
  #provedMs: number;
  /** Its time changed since. */
  #hasChanged = false;

  constructor(provedMs: number) {
    this.#provedMs = provedMs;
  }

  see(sizeBytes: number, modifiedMs: number, isCompressed: boolean): void {
    if (!isCompressed) this.sizeBytes = sizeBytes;
    this.diskBytes = sizeBytes;
    // The clock of a file server may be behind ours: that its time differs is enough.
    if (modifiedMs !== this.modifiedMs) this.#hasChanged = this.modifiedMs > 0;
    this.modifiedMs = modifiedMs;
  }

  prove(nowMs: number): void {
    this.#provedMs = nowMs;
    this.#hasChanged = false;
  }

  /** Whether other bytes may stand where some were read. */
  get isUnproved(): boolean {
    return this.modifiedMs + TIME_STEP_MS > this.#provedMs || this.#hasChanged;
  }
}
