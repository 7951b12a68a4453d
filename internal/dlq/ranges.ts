/** Byte ranges `[from, to)` as plain numbers: `[from0, to0, from1, to1, …]`, ascending. */
export type Pairs = readonly number[];

/** A set of byte ranges. Neighbours become one, so that a set costs what its gaps cost. */
export class Ranges {
  #pairs: number[] = [];

  get pairs(): Pairs {
    return this.#pairs;
  }

  get isEmpty(): boolean {
    return this.#pairs.length === 0;
  }

  /** Where the range that holds `offset` ends; -1 when none does. */
  endAt(offset: number): number {
    const pairs = this.#pairs;
    let low = 0;
    let high = pairs.length >>> 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pairs[2 * middle + 1]! <= offset) low = middle + 1;
      else high = middle;
    }
    return 2 * low < pairs.length && pairs[2 * low]! <= offset ? pairs[2 * low + 1]! : -1;
  }

  /** Adds ranges, which are ascending among themselves. */
  add(added: Pairs): void {
    const merged: number[] = [];
    let [a, b] = [0, 0];
    while (a < this.#pairs.length || b < added.length) {
      const isOwn = b >= added.length || (a < this.#pairs.length && this.#pairs[a]! <= added[b]!);
      const source = isOwn ? this.#pairs : added;
      const at = isOwn ? a : b;
      pushRange(merged, source[at]!, source[at + 1]!);
      if (isOwn) a += 2;
      else b += 2;
    }
    this.#pairs = merged;
  }

  /** Takes ranges out, which are ascending among themselves. */
  remove(removed: Pairs): void {
    const left: number[] = [];
    let b = 0;
    for (let a = 0; a < this.#pairs.length; a += 2) {
      let from = this.#pairs[a]!;
      const to = this.#pairs[a + 1]!;
      while (b < removed.length && removed[b + 1]! <= from) b += 2;
      for (let c = b; c < removed.length && removed[c]! < to; c += 2) {
        if (removed[c]! > from) left.push(from, removed[c]!);
        from = Math.max(from, removed[c + 1]!);
      }
      if (from < to) left.push(from, to);
    }
    this.#pairs = left;
  }
}

/** Adds a range that begins no earlier than the last one of `pairs`; grows that where they touch. */
export function pushRange(pairs: number[], from: number, to: number): void {
  const last = pairs.length - 1;
  if (last > 0 && from <= pairs[last]!) pairs[last] = Math.max(pairs[last]!, to);
  else pairs.push(from, to);
}
