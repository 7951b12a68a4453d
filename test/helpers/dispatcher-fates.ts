import assert from 'node:assert/strict';

/** What became of the lines of one sink. */
export interface Fate {
  /** How often each line was delivered. */
  readonly delivered: Map<string, number>;
  /** Refused for good, and purged by a person in the end. */
  readonly purged: Set<string>;
  /** Need not be in order: refused and sent again by a person, say. */
  readonly late: Set<string>;
  /** In the order of their arrival, by stream. */
  readonly arrived: Map<number, string[]>;
  discarded: number;
}

/** Every line ended once: delivered, refused and purged, or discarded. Those in `again` may have come twice. */
export function assertEnds(
  { delivered, purged, discarded }: Fate,
  lines: readonly string[],
  again: ReadonlySet<string>,
): void {
  let without = 0;
  for (const line of lines) {
    const times = delivered.get(line) ?? 0;
    if (!again.has(line)) assert.ok(times + (purged.has(line) ? 1 : 0) <= 1, `${line}: ${times} times`);
    if (times === 0 && !purged.has(line)) without++;
  }
  if (again.size === 0) assert.equal(without, discarded, 'neither delivered, nor refused, nor discarded');
  else assert.ok(without <= discarded, `${without} lines are gone, ${discarded} were discarded`);
  for (const line of delivered.keys()) assert.match(line, /^line \d+$/);
}

/** The lines of each stream arrived in order. */
export function assertOrder({ arrived, late }: Fate): void {
  for (const lines of arrived.values()) {
    const numbers = lines.filter(line => !late.has(line)).map(line => Number(line.slice('line '.length)));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  }
}

export function newFate(): Fate {
  return { delivered: new Map(), arrived: new Map(), purged: new Set(), late: new Set(), discarded: 0 };
}

/** What a person may be told who orders something of letters. */
export function isFull(error: NodeJS.ErrnoException): void {
  assert.equal(error.code, 'ENOSPC');
}
