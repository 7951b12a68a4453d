/** One line of the agent's own log that was a warning or an error. */
export interface RecentLine {
  /** RFC 3339. */
  readonly time: string;
  readonly level: string;
  readonly key: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Kept of each part of the agent, which is the first word of a line's key. */
const KEPT = 10;

/** The last warnings and errors of each part, for `/health` and `/api/v1/status`. Keys come from the code: it is bounded. */
export class RecentLines {
  readonly #byPart = new Map<string, RecentLine[]>();

  add(line: RecentLine): void {
    const [part = ''] = line.key.split('.', 1);
    const lines = this.#byPart.get(part) ?? [];
    this.#byPart.set(part, [...lines.slice(1 - KEPT), line]);
  }

  /** The last line of a part. */
  last(part: string): RecentLine | undefined {
    return this.#byPart.get(part)?.at(-1);
  }

  /** All that are kept, oldest first. */
  all(): readonly RecentLine[] {
    return [...this.#byPart.values()].flat().sort((a, b) => (a.time < b.time ? -1 : 1));
  }
}
