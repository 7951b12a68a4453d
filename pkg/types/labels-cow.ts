/**
 * A set of labels, shared copy-on-write.
 *
 * Many chunks, batches and sinks hold the labels of one stream. They share one map until somebody writes:
 * the first write copies the map for the writer alone, so nobody else ever sees it.
 *
 * Rules: names are unique; iteration is sorted by name, so that two equal sets look equal everywhere.
 */
export class LabelsCOW {
  #map: Map<string, string>;
  #readOnly: boolean;

  private constructor(map: Map<string, string>, readOnly: boolean) {
    this.#map = map;
    this.#readOnly = readOnly;
  }

  /** Labels from a plain object or entries; the input is copied. */
  static from(
    labels: Readonly<Record<string, string>> | Iterable<readonly [string, string]> = {},
  ): LabelsCOW {
    const entries = Symbol.iterator in labels ? [...labels] : Object.entries(labels);
    return new LabelsCOW(sorted(entries), false);
  }

  get size(): number {
    return this.#map.size;
  }

  get(name: string): string | undefined {
    return this.#map.get(name);
  }

  /** Sets one label; copies the map first when it is shared. */
  set(name: string, value: string): this {
    const isNew = !this.#map.has(name);
    if (!isNew && this.#map.get(name) === value) return this;
    this.#own();
    this.#map.set(name, value);
    if (isNew) this.#map = sorted(this.#map);
    return this;
  }

  /** Removes one label; says whether it was there. Copies the map first when it is shared. */
  delete(name: string): boolean {
    if (!this.#map.has(name)) return false;
    this.#own();
    return this.#map.delete(name);
  }

  /** Calls `visit` for each label in order of name until it returns `false`. */
  range(visit: (name: string, value: string) => unknown): void {
    for (const [name, value] of this.#map) if (visit(name, value) === false) return;
  }

  /** A deep copy that shares nothing. */
  clone(): LabelsCOW {
    return new LabelsCOW(new Map(this.#map), false);
  }

  /** A copy that shares the map until one of the two writes. */
  shallowCopy(): LabelsCOW {
    this.#readOnly = true;
    return new LabelsCOW(this.#map, true);
  }

  /** A plain map of its own, in order of name. */
  toMap(): Map<string, string> {
    return new Map(this.#map);
  }

  /** Declares the map shared: the next write copies it. */
  markReadOnly(): this {
    this.#readOnly = true;
    return this;
  }

  /** Whether the next write would copy. */
  isReadOnly(): boolean {
    return this.#readOnly;
  }

  equals(other: LabelsCOW): boolean {
    return this.#map === other.#map || this.key() === other.key();
  }

  /** A text that is equal for equal label sets and differs for different ones, whatever their content. */
  key(): string {
    let key = '';
    for (const [name, value] of this.#map) key += `${name.length}:${name}${value.length}:${value}`;
    return key;
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#map);
  }

  #own(): void {
    if (!this.#readOnly) return;
    this.#map = new Map(this.#map);
    this.#readOnly = false;
  }
}

/** By code unit, as Loki and Prometheus sort label names; never by locale. */
function sorted(entries: Iterable<readonly [string, string]>): Map<string, string> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
