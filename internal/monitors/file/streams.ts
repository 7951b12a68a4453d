import { LabelsCOW } from '../../../pkg/types/labels-cow.ts';
import type { Instant, Stream, StreamRegistry } from '../../../pkg/types/stream.ts';
import { displayPath } from './paths.ts';

/** The streams of one source: one for each path, or one for all where the labels say `filename: null`. */
export class SourceStreams {
  readonly #registry: StreamRegistry;
  readonly #labels: Readonly<Record<string, string>>;
  /** Held for good: it knows which times are used, whichever files are open. */
  readonly #shared: Stream | undefined;

  constructor(registry: StreamRegistry, labels: Readonly<Record<string, string | null>>) {
    this.#registry = registry;
    const set = Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null);
    this.#labels = Object.fromEntries(set);
    if (labels.filename === null) this.#shared = registry.get(LabelsCOW.from(this.#labels));
  }

  /** Times before `notBefore` were used before the start; they are not given again where files share a stream. */
  reserve(notBefore: Instant | undefined): void {
    if (notBefore !== undefined) this.#shared?.skipTimes(notBefore, 0);
  }

  /** The stream of the file that was first seen at `path`; no record of it will be older than `notBefore`. */
  of(path: string, notBefore: Instant | undefined): Stream {
    const stream =
      this.#shared ?? this.#registry.get(LabelsCOW.from({ filename: displayPath(path), ...this.#labels }));
    if (notBefore !== undefined) stream.skipTimes(notBefore, 0);
    return stream;
  }
}
