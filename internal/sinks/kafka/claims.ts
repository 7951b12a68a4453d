import { cutRuns, type Run } from './runs.ts';
import type { Packed, Shipment } from './shipment.ts';

/** So long the lines that came after wait for lines of which nobody knows whether Kafka has them. */
const CLAIM_MS = 10_000;
/** Ends that are remembered. */
const MAX_ENDED = 16;

/**
 * Shipments of one partition whose send gave up on them while they may have been with Kafka. Their records come again,
 * and are then recognised: what has ended meanwhile is not sent twice, what has not goes again with the same bytes.
 */
export class Claims {
  readonly #ended: Shipment[] = [];
  #awaitedSinceMs = Number.POSITIVE_INFINITY;

  /** A shipment ended while nobody waited for it. */
  keep(shipment: Shipment): void {
    this.#ended.push(shipment);
    if (this.#ended.length > MAX_ENDED) this.#ended.shift();
  }

  /** The shipments, ended or still in `line`, that these records are in; and the records that are in none. */
  claim(
    line: readonly Shipment[],
    sequence: number,
    runs: readonly Run[],
  ): { readonly claims: readonly Packed[]; readonly left: readonly Run[] } {
    const claims: Packed[] = [];
    let left = runs;
    for (const shipment of [...this.#ended, ...line]) {
      if (shipment.isAwaited || left.length === 0) continue;
      const [head, tail] = cutRuns(left, shipment.records);
      if (!shipment.matches(sequence, head)) continue;
      claims.push([shipment, head]);
      left = tail;
    }
    for (const [shipment] of claims) {
      const at = this.#ended.indexOf(shipment);
      if (at >= 0) this.#ended.splice(at, 1);
    }
    if (claims.length > 0) this.#awaitedSinceMs = Number.POSITIVE_INFINITY;
    return { claims, left };
  }

  /**
   * How long a line is to be held up for records that may come again. 0: they do not, for they have become dead
   * letters, say; the next time is counted anew.
   */
  waitMs(nowMs: number): number {
    this.#awaitedSinceMs = Math.min(this.#awaitedSinceMs, nowMs);
    const waitMs = Math.max(0, this.#awaitedSinceMs + CLAIM_MS - nowMs);
    if (waitMs === 0) this.#awaitedSinceMs = Number.POSITIVE_INFINITY;
    return waitMs;
  }
}
