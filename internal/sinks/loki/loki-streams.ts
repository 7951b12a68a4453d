import type { Part } from '../../../pkg/types/batch.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Instant, Stream } from '../../../pkg/types/stream.ts';
import { jsonText, type Label, pushLabels, selectorText } from './push-labels.ts';

/** Loki gives up a stream that was idle for 30 minutes by default; what it took less long ago it still has. */
const KNOWN_MS = 20 * 60_000;

interface KeptOut {
  readonly failure: Failure;
  readonly untilMs: number;
}

/** A stream as Loki gets to see it, made once for each of ours. */
export class LokiStream {
  readonly labels: readonly Label[];
  /** `{a="b", c="d"}`, as protobuf pushes carry it. */
  readonly selector: Buffer;
  /** `{"a":"b","c":"d"}`, as JSON pushes carry it. */
  readonly json: Buffer;
  #takenAtMs = Number.NEGATIVE_INFINITY;
  #keptOut: KeptOut | undefined;

  constructor(labels: readonly Label[]) {
    this.labels = labels;
    this.selector = Buffer.from(selectorText(labels));
    this.json = Buffer.from(jsonText(labels));
  }

  /** The time of the first record of a part's base. */
  timeOf({ base }: Part): Instant {
    return base;
  }

  /** Whether Loki took lines of it lately, so that the limit of streams does not concern it. */
  isKnown(nowMs: number): boolean {
    return nowMs - this.#takenAtMs < KNOWN_MS;
  }

  taken(nowMs: number): void {
    this.#takenAtMs = nowMs;
  }

  /** Loki says that it does not have it any more. */
  forgotten(): void {
    this.#takenAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The limit of streams keeps it out: it is not worth asking again before `untilMs`. */
  keepOut(failure: Failure, untilMs: number): void {
    this.#keptOut = { failure, untilMs };
  }

  /** Why it is kept out at the moment, if it is. */
  keptOut(nowMs: number): KeptOut | undefined {
    return this.#keptOut !== undefined && nowMs < this.#keptOut.untilMs ? this.#keptOut : undefined;
  }
}

/** Remembers what Loki is told of streams for as long as the streams live. */
export class LokiStreams {
  readonly #sinkLabels: Readonly<Record<string, string>>;
  readonly #known = new WeakMap<Stream, LokiStream>();

  /** `sinkLabels` are added to every stream; where a stream has a label of that name, its own value stays. */
  constructor(sinkLabels: Readonly<Record<string, string>>) {
    this.#sinkLabels = sinkLabels;
  }

  of({ stream }: Part): LokiStream {
    const known = this.#known.get(stream);
    if (known !== undefined) return known;
    const made = new LokiStream(pushLabels(stream.labels, this.#sinkLabels));
    this.#known.set(stream, made);
    return made;
  }
}
