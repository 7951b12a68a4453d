import type { Clock } from '../../pkg/clock/clock.ts';
import { type Answer, goBytes, goTime, rfc3339 } from './answer.ts';
import type { StreamLabels } from './labels.ts';
import type { Limits } from './options.ts';
import type { PushedStream, PushTable } from './push-table.ts';
import type { EntryCounts } from './stats.ts';
import type { Store, StoredStream } from './store.ts';
import { TokenBucket } from './token-bucket.ts';

const MAX_NAMED_ENTRIES = 10;

/** Entries of one stream that were refused: how many, and the texts of the first ones. */
interface Refused {
  readonly status: number;
  count: number;
  readonly texts: string[];
}

/** Loki's ingester: stores one stream of a push, entry by entry, within the limits that depend on the stream. */
export class StreamWriter {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #rates = new WeakMap<StoredStream, TokenBucket>();

  constructor(clock: Clock, store: Store, limits: Limits) {
    this.#clock = clock;
    this.#store = store;
    this.#limits = limits;
  }

  /** Stores the well-formed entries of `pushed`, adds to `counts`, and says what was refused, if anything was. */
  write(
    table: PushTable,
    pushed: PushedStream,
    { labels, text }: StreamLabels,
    counts: EntryCounts,
  ): Answer | undefined {
    const { streams } = this.#store;
    const { maxStreams } = this.#limits;
    if (maxStreams !== 0 && streams.size >= maxStreams && !streams.has(text)) {
      table.taken.fill(0, pushed.from, pushed.to);
      return tooManyStreams(text);
    }
    const stream = this.#store.stream(text, labels);
    const wellFormed = wellFormedOf(table, pushed);
    const refused = this.#refuseLate(table, pushed, stream);
    const overRate = this.#refuseRate(table, pushed, stream);
    if (overRate !== undefined) return refusal(overRate, wellFormed, text);
    for (let i = pushed.from; i < pushed.to; i++)
      if (table.taken[i] === 1) this.#append(table, i, stream, counts);
    return refused.count === 0 ? undefined : refusal(refused, wellFormed, text);
  }

  #append(table: PushTable, i: number, stream: StoredStream, counts: EntryCounts): void {
    const sec = table.sec[i]!;
    const nanos = table.nanos[i]!;
    const line = table.bytes.subarray(table.start[i]!, table.end[i]!);
    if (this.#store.append(stream, sec, nanos, line)) {
      counts.lines++;
      counts.bytes += line.length;
    } else counts.duplicates++;
    if (sec < stream.newestSec || (sec === stream.newestSec && nanos <= stream.newestNanos)) return;
    stream.newestSec = sec;
    stream.newestNanos = nanos;
  }

  /** Takes back entries that are too far behind the newest of the stream, or of those before them. */
  #refuseLate(table: PushTable, pushed: PushedStream, stream: StoredStream): Refused {
    const refused: Refused = { status: 400, count: 0, texts: [] };
    const { maxBehindMs } = this.#limits;
    if (maxBehindMs === 0) return refused;
    let newest = stream.newestSec + stream.newestNanos / 1e9;
    for (let i = pushed.from; i < pushed.to; i++) {
      if (table.taken[i] === 0) continue;
      const sec = table.sec[i]!;
      const time = sec + table.nanos[i]! / 1e9;
      const oldest = newest - maxBehindMs / 1000;
      newest = Math.max(newest, time);
      if (time >= oldest) continue;
      const words = `entry too far behind, entry timestamp is: ${rfc3339(sec)}, oldest acceptable timestamp is: ${rfc3339(Math.floor(oldest))}`;
      refuse(refused, table, i, words);
    }
    return refused;
  }

  /** Takes all entries back when they are above the rate of the stream together: Loki stores all of them or none. */
  #refuseRate(table: PushTable, pushed: PushedStream, stream: StoredStream): Refused | undefined {
    const { streamRateBytes, streamRateBurstBytes } = this.#limits;
    if (streamRateBytes === 0) return undefined;
    const bucket =
      this.#rates.get(stream) ?? new TokenBucket(this.#clock, streamRateBytes, streamRateBurstBytes);
    this.#rates.set(stream, bucket);
    const bytesOf = (i: number): number => table.end[i]! - table.start[i]! + table.metadataBytes[i]!;
    let bytes = 0;
    for (let i = pushed.from; i < pushed.to; i++) if (table.taken[i] === 1) bytes += bytesOf(i);
    if (bucket.take(bytes)) return undefined;
    const refused: Refused = { status: 429, count: 0, texts: [] };
    for (let i = pushed.from; i < pushed.to; i++) {
      if (table.taken[i] === 0) continue;
      const words = `Per stream rate limit exceeded (limit: ${goBytes(streamRateBytes)}/sec) while attempting to ingest for stream '${stream.text}' totaling ${goBytes(bytesOf(i))}, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased`;
      refuse(refused, table, i, words);
    }
    return refused;
  }
}

/** How many entries of `pushed` are well-formed: without any, Loki's ingester does not hear of the stream. */
export function wellFormedOf(table: PushTable, pushed: PushedStream): number {
  let count = 0;
  for (let i = pushed.from; i < pushed.to; i++) count += table.taken[i]!;
  return count;
}

/** Notes an entry that is not taken. */
function refuse(refused: Refused, table: PushTable, i: number, reason: string): void {
  table.taken[i] = 0;
  refused.count++;
  if (refused.texts.length < MAX_NAMED_ENTRIES) {
    const time = goTime(table.sec[i]!, table.nanos[i]!);
    refused.texts.push(`entry with timestamp ${time} ignored, reason: '${reason}',\n`);
  }
}

function refusal({ status, count, texts }: Refused, total: number, stream: string): Answer {
  const summary = `user 'fake', total ignored: ${count} out of ${total} for stream: ${stream}`;
  return { status, text: texts.join('') + summary };
}

function tooManyStreams(stream: string): Answer {
  return {
    status: 429,
    text: `maximum active stream limit exceeded when trying to create stream ${stream}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: 'fake'`,
  };
}
