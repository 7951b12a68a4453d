import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Clock } from '../../pkg/clock/clock.ts';
import type { Answer } from './answer.ts';
import { nanosText } from './instant.ts';
import type { PushedStream, PushTable } from './push-table.ts';

/** One line of the record: a push in order of arrival, and what was in it. */
export interface PushRecord {
  readonly push: number;
  readonly atMs: number;
  readonly status: number;
  /** The `X-Scope-OrgID` it came with. */
  readonly tenant: string | null;
  readonly streams: readonly StreamRecord[];
}

/** One stream of a recorded push. Equal digests: equal labels, times and lines, in equal order. */
export interface StreamRecord {
  readonly labels: string;
  readonly entries: number;
  /** Times of its first and last entry, in nanoseconds. */
  readonly first: string;
  readonly last: string;
  readonly sha256: string;
}

/**
 * Appends a JSON line to a file for each push that could be decoded, before it is answered: a test can tell
 * whether what was sent again is what was sent before.
 */
export class Recorder {
  readonly #path: string;
  readonly #clock: Clock;
  #pushes = 0;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  record(table: PushTable, { status }: Answer, tenant: string | string[] | undefined): void {
    const record: PushRecord = {
      push: ++this.#pushes,
      atMs: this.#clock.now(),
      status,
      tenant: typeof tenant === 'string' ? tenant : null,
      streams: table.streams.map(stream => streamRecord(table, stream)),
    };
    appendFileSync(this.#path, `${JSON.stringify(record)}\n`);
  }
}

function streamRecord(table: PushTable, { labels, from, to }: PushedStream): StreamRecord {
  const sha = createHash('sha256').update(labels);
  for (let i = from; i < to; i++) {
    const line = table.bytes.subarray(table.start[i]!, table.end[i]!);
    sha.update(`\n${nanosText(table.sec[i]!, table.nanos[i]!)} ${line.length} `).update(line);
  }
  const timeOf = (i: number): string => (from === to ? '' : nanosText(table.sec[i]!, table.nanos[i]!));
  return { labels, entries: to - from, first: timeOf(from), last: timeOf(to - 1), sha256: sha.digest('hex') };
}
