import { LabelsCOW } from '../../../pkg/types/labels-cow.ts';
import type { Instant, Stream, StreamRegistry } from '../../../pkg/types/stream.ts';
import type { OutputName } from '../formats/entry-reader.ts';
import { PathLabels } from './path-labels.ts';
import { displayPath } from './paths.ts';
import type { FileSourceConfig } from './spec.ts';

/**
 * The streams of one source: one for each path, or one for all where the labels say `filename: null`; in a log of
 * entries one for each output.
 */
export class SourceStreams {
  readonly #registry: StreamRegistry;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #pathLabels: PathLabels | undefined;
  readonly #hasFilename: boolean;
  readonly #hasOutput: boolean;
  /** Held for good: it knows which times are used, whichever files are open. */
  readonly #shared: Stream | undefined;

  constructor(
    registry: StreamRegistry,
    { labels, labelsFromPath }: Pick<FileSourceConfig, 'labels' | 'labelsFromPath'>,
  ) {
    this.#registry = registry;
    this.#pathLabels = labelsFromPath === undefined ? undefined : new PathLabels(labelsFromPath);
    const set = Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null);
    this.#labels = Object.fromEntries(set);
    this.#hasFilename = labels.filename !== null;
    this.#hasOutput = labels.stream !== null;
    if (!this.#hasFilename) this.#shared = registry.get(LabelsCOW.from(this.#labels));
  }

  /** Times before `notBefore` were used before the start; they are not given again where files share a stream. */
  reserve(notBefore: Instant | undefined): void {
    if (notBefore !== undefined) this.#shared?.skipTimes(notBefore, 0);
  }

  /** The stream of the file that was first seen at `path`; no record of it will be older than `notBefore`. */
  of(path: string, notBefore: Instant | undefined, output?: OutputName): Stream {
    const filename = this.#hasFilename ? { filename: displayPath(path) } : {};
    const stream = this.#hasOutput && output !== undefined ? { stream: output } : {};
    const labels = LabelsCOW.from({ ...filename, ...this.#pathLabels?.of(path), ...stream, ...this.#labels });
    const its = this.#registry.get(labels);
    if (notBefore !== undefined) its.skipTimes(notBefore, 0);
    return its;
  }
}
