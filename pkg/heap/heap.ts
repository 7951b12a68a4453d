/**
 * A binary heap: keeps what is due next at hand while items come in any order. `push` and `pop` are
 * O(log n), `peek` is O(1); items that are equal come out in any order.
 *
 *     const byDue = new Heap<Parked>((a, b) => a.dueMs < b.dueMs);
 *     byDue.push(batch);
 *     while ((byDue.peek()?.dueMs ?? Infinity) <= nowMs) send(byDue.pop());
 */
export class Heap<T> {
  readonly #isBefore: (a: T, b: T) => boolean;
  #items: T[] = [];

  /** `isBefore` is a strict weak order: whether `a` must come out before `b`. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#siftUp(this.#items.length - 1);
  }

  /** The first item, which stays in the heap. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Takes the first item out. */
  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0) {
      this.#items[0] = last!;
      this.#siftDown();
    }
    return first;
  }

  /** Forgets every item. */
  clear(): void {
    this.#items = [];
  }

  /** Takes every item out, in order. */
  drain(): T[] {
    const drained: T[] = [];
    while (this.#items.length > 0) drained.push(this.pop()!);
    return drained;
  }

  #siftUp(index: number): void {
    const items = this.#items;
    const item = items[index]!;
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  #siftDown(): void {
    const items = this.#items;
    const item = items[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      const right = child + 1;
      if (right < items.length && this.#isBefore(items[right]!, items[child]!)) child = right;
      if (!this.#isBefore(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
