import type { Clock } from '../../pkg/clock/clock.ts';
import { type Answer, goTime, rfc3339 } from './answer.ts';
import type { StreamLabels } from './labels.ts';
import type { Limits } from './options.ts';
import type { PushedStream, PushTable } from './push-table.ts';
import type { EntryCounts } from './stats.ts';
import type { Store, StoredStream } from './store.ts';
import { TokenBucket } from './token-bucket.ts';

const MAX_NAMED_ENTRIES = 10;

/** Entries of one stream that were refused: how many, and the texts of the first ones. */
interface Refused {
  status: number;
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
    const wellFormed = wellFormedOf(table, pushed);
    if (wellFormed === 0) return undefined;
    const { streams } = this.#store;
    const { maxStreams } = this.#limits;
    if (maxStreams !== 0 && streams.size >= maxStreams && !streams.has(text)) {
      table.taken.fill(0, pushed.from, pushed.to);
      return tooManyStreams(text);
    }
    const stream = this.#store.stream(text, labels);
    const refused: Refused = { status: 400, count: 0, texts: [] };
    for (let i = pushed.from; i < pushed.to; i++) {
      if (table.taken[i] === 0) continue;
      const isTaken =
        this.#checkRate(table, i, stream, refused) && this.#checkOrder(table, i, stream, refused);
      if (isTaken) this.#append(table, i, stream, counts);
    }
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

  #checkOrder(table: PushTable, i: number, stream: StoredStream, refused: Refused): boolean {
    const { maxBehindMs } = this.#limits;
    const sec = table.sec[i]!;
    const nanos = table.nanos[i]!;
    const cutoffSec = stream.newestSec - maxBehindMs / 1000;
    if (maxBehindMs === 0 || sec + nanos / 1e9 >= cutoffSec + stream.newestNanos / 1e9) return true;
    const oldest = rfc3339(Math.floor(cutoffSec + stream.newestNanos / 1e9));
    const reason = `entry too far behind, entry timestamp is: ${rfc3339(sec)}, oldest acceptable timestamp is: ${oldest}`;
    return refuse(refused, 400, table, i, reason);
  }

  #checkRate(table: PushTable, i: number, stream: StoredStream, refused: Refused): boolean {
    const { streamRateBytes, streamRateBurstBytes } = this.#limits;
    if (streamRateBytes === 0) return true;
    const bucket =
      this.#rates.get(stream) ?? new TokenBucket(this.#clock, streamRateBytes, streamRateBurstBytes);
    this.#rates.set(stream, bucket);
    const bytes = table.end[i]! - table.start[i]! + table.metadataBytes[i]!;
    if (bucket.take(bytes)) return true;
    const reason = `per stream rate limit exceeded (limit: ${streamRateBytes}B/sec) while attempting to ingest for stream '${stream.text}' totaling ${bytes}B, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased`;
    return refuse(refused, 429, table, i, reason);
  }
}

function wellFormedOf(table: PushTable, pushed: PushedStream): number {
  let count = 0;
  for (let i = pushed.from; i < pushed.to; i++) count += table.taken[i]!;
  return count;
}

/** Notes an entry that is not taken; false. The status of the last one is that of the answer. */
function refuse(refused: Refused, status: number, table: PushTable, i: number, reason: string): false {
  table.taken[i] = 0;
  refused.status = status;
  refused.count++;
  if (refused.texts.length < MAX_NAMED_ENTRIES) {
    const time = goTime(table.sec[i]!, table.nanos[i]!);
    refused.texts.push(`entry with timestamp ${time} ignored, reason: '${reason}',\n`);
  }
  return false;
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
