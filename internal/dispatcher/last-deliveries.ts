import type { Stream } from '../../pkg/types/stream.ts';

/** Streams that are remembered: those that had lines last. */
const KEPT = 5000;

/** When a sink last took lines of a stream, for `explain`. By id: a stream of which nothing is under way is no more. */
export class LastDeliveries {
  /** Oldest first. */
  readonly #atMs = new Map<string, number>();

  note({ id }: Stream, nowMs: number): void {
    this.#atMs.delete(id);
    this.#atMs.set(id, nowMs);
    if (this.#atMs.size > KEPT) this.#atMs.delete(this.#atMs.keys().next().value!);
  }

  /** In milliseconds since 1970; `undefined` where there was none, or none of late. */
  of({ id }: Stream): number | undefined {
    return this.#atMs.get(id);
  }
}
