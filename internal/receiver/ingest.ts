import type { Clock } from '../../pkg/clock/clock.ts';
import { type Answer, groupErrors, STORED } from './answer.ts';
import { lokiLabels, parseLabels, type StreamLabels } from './labels.ts';
import type { Limits } from './options.ts';
import type { PushTable } from './push-table.ts';
import type { EntryCounts } from './stats.ts';
import type { Store } from './store.ts';
import { StreamWriter, wellFormedOf } from './stream-writer.ts';
import { TokenBucket } from './token-bucket.ts';
import { Validator } from './validate.ts';

/** Labels are parsed once for each text; the cache starts anew when it holds this many. */
const MAX_CACHED_LABELS = 10_000;

/** Around each entry of a message: tags, lengths and the timestamp. Around each stream: tags, lengths, hash. */
const ENTRY_OVERHEAD_BYTES = 20;
const STREAM_OVERHEAD_BYTES = 20;

/** Takes decoded pushes as Loki does: refuses what it refuses, in its words, and stores the rest. */
export class Ingest {
  readonly counts: EntryCounts = { lines: 0, bytes: 0, duplicates: 0, refused: 0 };
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #parsed = new Map<string, StreamLabels | string>();
  #limits: Limits;
  #rate: TokenBucket;
  #writer: StreamWriter;

  constructor(clock: Clock, store: Store, limits: Limits) {
    this.#clock = clock;
    this.#store = store;
    this.#limits = limits;
    this.#rate = new TokenBucket(clock, limits.rateBytes, limits.rateBurstBytes);
    this.#writer = new StreamWriter(clock, store, limits);
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** Other limits from now on; rates start afresh. */
  setLimits(limits: Limits): void {
    this.#limits = limits;
    this.#rate = new TokenBucket(this.#clock, limits.rateBytes, limits.rateBurstBytes);
    this.#writer = new StreamWriter(this.#clock, this.#store, limits);
  }

  /** Takes a push and says what Loki would say. */
  push(table: PushTable): Answer {
    const answer = this.#push(table);
    for (let i = 0; i < table.count; i++) this.counts.refused += 1 - table.taken[i]!;
    return answer;
  }

  /** Counts a push without looking at its labels or keeping its lines. */
  discard(table: PushTable): Answer {
    table.taken.fill(1, 0, table.count);
    this.counts.lines += table.count;
    this.counts.bytes += table.lineBytes();
    return STORED;
  }

  #push(table: PushTable): Answer {
    if (table.streams.length === 0) {
      return { status: 422, text: 'error at least one valid stream is required for ingestion' };
    }
    const labels: StreamLabels[] = [];
    for (const stream of table.streams) {
      const parsed = this.#labelsOf(stream.labels);
      if (typeof parsed === 'string') return { status: 400, text: `couldn't parse labels: ${parsed}` };
      labels.push(parsed);
    }
    const errors = this.#validate(table, labels);
    const refusal = this.#refuseWhole(table, labels);
    if (refusal !== undefined) {
      table.taken.fill(0, 0, table.count);
      return refusal;
    }
    return this.#storeAll(table, labels) ?? verdict(errors);
  }

  /** Marks the entries that are well-formed, and returns what is wrong with the others. A stream without any is skipped. */
  #validate(table: PushTable, labels: readonly StreamLabels[]): string[] {
    const validator = new Validator(this.#limits, this.#clock.now());
    const errors: string[] = [];
    table.streams.forEach((stream, s) => {
      if (stream.from === stream.to) return;
      const labelsError = validator.labelsError(labels[s]!.labels);
      if (labelsError !== undefined) {
        errors.push(labelsError);
        return;
      }
      for (let i = stream.from; i < stream.to; i++) {
        const error = validator.entryError(table, i, labels[s]!.text);
        if (error === undefined) table.taken[i] = 1;
        else errors.push(error);
      }
    });
    return errors;
  }

  /** The two refusals that store nothing of a push: the tenant's rate, and the size of the message. */
  #refuseWhole(table: PushTable, labels: readonly StreamLabels[]): Answer | undefined {
    const { rateBytes, maxMessageBytes } = this.#limits;
    let lines = 0;
    let lineBytes = 0;
    for (let i = 0; i < table.count; i++) {
      if (table.taken[i] === 0) continue;
      lines++;
      lineBytes += table.end[i]! - table.start[i]! + table.metadataBytes[i]!;
    }
    if (!this.#rate.take(lineBytes)) {
      return {
        status: 429,
        text: `ingestion rate limit exceeded for user fake (limit: ${rateBytes} bytes/sec) while attempting to ingest '${lines}' lines totaling '${lineBytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased`,
      };
    }
    const overhead = labels.reduce((sum, { text }) => sum + text.length + STREAM_OVERHEAD_BYTES, 0);
    const messageBytes = lineBytes + lines * ENTRY_OVERHEAD_BYTES + overhead;
    if (maxMessageBytes === 0 || messageBytes <= maxMessageBytes) return undefined;
    return {
      status: 500,
      text: `rpc error: code = ResourceExhausted desc = grpc: received message larger than max (${messageBytes} vs. ${maxMessageBytes})`,
    };
  }

  /** Stores stream by stream. Only what became of the last one is told, as in Loki's ingester: its loop keeps one error. */
  #storeAll(table: PushTable, labels: readonly StreamLabels[]): Answer | undefined {
    let last: Answer | undefined;
    table.streams.forEach((stream, s) => {
      if (wellFormedOf(table, stream) > 0) last = this.#writer.write(table, stream, labels[s]!, this.counts);
    });
    return last;
  }

  #labelsOf(text: string): StreamLabels | string {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    if (this.#parsed.size >= MAX_CACHED_LABELS) this.#parsed.clear();
    const parsed = parseLabels(text);
    const result = parsed.ok ? lokiLabels(parsed.labels) : parsed.error;
    this.#parsed.set(text, result);
    return result;
  }
}

function verdict(errors: readonly string[]): Answer {
  return errors.length === 0 ? STORED : { status: 400, text: groupErrors(errors) };
}
