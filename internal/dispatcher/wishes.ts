import type { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import type { Stream } from '../../pkg/types/stream.ts';

/** Which streams a sink wants: its `match`, asked once a stream. */
export class Wishes {
  readonly #matches: ((labels: LabelsCOW) => boolean) | undefined;
  readonly #wanted = new WeakMap<Stream, boolean>();

  /** Without `matches` it wants everything. */
  constructor(matches: ((labels: LabelsCOW) => boolean) | undefined) {
    this.#matches = matches;
  }

  include(stream: Stream): boolean {
    if (this.#matches === undefined) return true;
    let wanted = this.#wanted.get(stream);
    if (wanted === undefined) {
      wanted = this.#matches(stream.labels);
      this.#wanted.set(stream, wanted);
    }
    return wanted;
  }
}
