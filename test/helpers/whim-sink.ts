import { type Clock, delay } from '../../pkg/clock/clock.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { DELIVERED, type Failure, type Outcome } from '../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../pkg/types/ports.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import { linesOf } from './chunks.ts';

/** What a sink does with one batch. `picks` are scaled to the batch; `delayMs` is how long it thinks. */
export interface Whim {
  readonly kind: 'deliver' | 'fail' | 'split' | 'refuse' | 'rest' | 'both' | 'throw';
  readonly picks: readonly number[];
  readonly delayMs: number;
}

export interface WhimSinkOptions {
  readonly clock: () => Clock;
  /** Asked once a call of `send`. */
  readonly whim: () => Whim;
  /** Whether it takes no line of a stream after one that has to wait, as sinks do whose lane keeps order. */
  readonly isByStream: boolean;
  /** Told of every line that it takes. */
  readonly onDelivered: (line: string) => void;
  /** Told of every line that it refuses for good. */
  readonly onRefused: (line: string) => void;
}

/** What a sink does that works, or is down. */
export const DELIVER: Whim = { kind: 'deliver', picks: [], delayMs: 0 };
export const DOWN: Whim = { kind: 'fail', picks: [], delayMs: 0 };
const WORD: Failure = { kind: 'unavailable', message: 'a whim' };
const ABORTED: Outcome = { kind: 'retry', failure: { kind: 'aborted', message: 'aborted' } };

/** A sink that answers whatever it is told to, soon or late, and remembers what it took. */
export class WhimSink implements Sink {
  readonly name: string;
  readonly #options: WhimSinkOptions;

  constructor(name: string, options: WhimSinkOptions) {
    this.name = name;
    this.#options = options;
  }

  async start(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  health(): Health {
    return { status: 'ok', sinceMs: 0 };
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const { clock, whim, isByStream, onDelivered, onRefused } = this.#options;
    const each = whim();
    const lines = batch.parts.flatMap(linesOf);
    if (each.delayMs > 0) await delay(clock(), each.delayMs, signal);
    if (signal.aborted) return ABORTED;
    if (each.kind === 'throw') throw new Error('a bug');
    const { outcome, left } = answer(each, isByStream ? streamsOf(batch) : undefined, batch.records);
    lines.filter((_, record) => !left.has(record)).forEach(onDelivered);
    if (outcome.kind === 'rejected')
      for (const { records } of outcome.refusals) for (const record of records) onRefused(lines[record]!);
    if (outcome.kind === 'split' && lines.length === 1) onRefused(lines[0]!);
    return outcome;
  }
}

/** The outcome, and the records that were not taken. */
function answer(
  { kind, picks }: Whim,
  streams: readonly Stream[] | undefined,
  records: number,
): { outcome: Outcome; left: Set<number> } {
  const all = new Set(Array.from({ length: records }, (_, record) => record));
  const picked = ascending(picks.map(pick => pick % records));
  const [first] = picked;
  const chosen = streams === undefined ? picked : withLater(picked, streams);
  if (kind === 'fail') return { outcome: { kind: 'retry', failure: WORD }, left: all };
  if (kind === 'split') return { outcome: { kind: 'split', failure: WORD }, left: all };
  if (kind === 'rest')
    return { outcome: { kind: 'retry', failure: WORD, rest: chosen }, left: new Set(chosen) };
  const refusals = [
    { ...WORD, kind: 'rejected', records: kind === 'both' ? picked.slice(0, 1) : picked },
  ] as const;
  if (kind === 'refuse') return { outcome: { kind: 'rejected', refusals }, left: new Set(picked) };
  if (kind === 'both') {
    const rest = { failure: WORD, records: chosen.filter(record => record !== first) };
    const outcome: Outcome = { kind: 'rejected', refusals, ...(rest.records.length > 0 ? { rest } : {}) };
    return { outcome, left: new Set(chosen) };
  }
  return { outcome: DELIVERED, left: new Set() };
}

function streamsOf({ parts }: Batch): Stream[] {
  return parts.flatMap(({ stream, from, to }) => Array.from({ length: to - from }, () => stream));
}

/** These records, and all later ones of their streams. */
function withLater(records: Uint32Array, streams: readonly Stream[]): Uint32Array {
  const later = [...records].flatMap(record =>
    streams.flatMap((stream, other) => (other >= record && stream === streams[record] ? [other] : [])),
  );
  return ascending(later);
}

function ascending(numbers: readonly number[]): Uint32Array {
  return Uint32Array.from(new Set(numbers)).sort();
}
