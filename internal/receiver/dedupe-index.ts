const FIRST_SLOTS = 1024;
const MAX_FILL = 0.6;

/** What the index asks of the store. */
export interface IndexedEntries {
  /** Number of the oldest entry that is still kept; numbers only grow, and some are left out. */
  readonly oldest: number;
  /** How many are kept. */
  readonly count: number;
  hashOf(entry: number): number;
  /** Whether a kept entry equals the one that is about to be stored. */
  equalsCandidate(entry: number): boolean;
  /** Every entry that is kept. */
  forEachEntry(visit: (entry: number, hash: number) => void): void;
}

/**
 * A hash set of entry numbers: open addressing with linear probing in one Uint32Array, 7 to 16 bytes an entry.
 * Entries that were dropped from the store count as gone; they leave the table when it is next rebuilt.
 */
export class DedupeIndex {
  readonly #entries: IndexedEntries;
  /** Entry number - base + 1; 0 is a free slot. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #base = 0;
  #used = 0;

  constructor(entries: IndexedEntries) {
    this.#entries = entries;
  }

  get heldBytes(): number {
    return this.#slots.byteLength;
  }

  /** Whether the candidate, whose hash this is, is kept already. */
  hasCandidate(hash: number): boolean {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#base + this.#slots[slot]! - 1;
      if (entry < this.#entries.oldest) continue;
      if (this.#entries.hashOf(entry) === hash && this.#entries.equalsCandidate(entry)) return true;
    }
    return false;
  }

  /** Adds the entry that was stored last. */
  add(hash: number, entry: number): void {
    const isFull = this.#used + 1 > this.#slots.length * MAX_FILL;
    if (isFull || entry - this.#base >= 0xffff_fffe) this.#rebuild();
    else this.#put(hash, entry);
  }

  #put(hash: number, entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry - this.#base + 1;
    this.#used++;
  }

  /** Takes up all entries that are kept, in a table of two to four times their number. */
  #rebuild(): void {
    let slots = FIRST_SLOTS;
    while (slots < this.#entries.count * 2) slots *= 2;
    this.#slots = new Uint32Array(slots);
    this.#base = this.#entries.oldest;
    this.#used = 0;
    this.#entries.forEachEntry((entry, hash) => this.#put(hash, entry));
  }
}

function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e37_79b1) >>> 0;
}
