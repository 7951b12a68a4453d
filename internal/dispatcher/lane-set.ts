import { type Clock, within } from '../../pkg/clock/clock.ts';
import { invariant } from '../../pkg/errors/errors.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import type { Lane } from './lane.ts';
import type { LaneOptions } from './lane-options.ts';
import type { RetryManagerV2 } from './retry-manager-v2.ts';

/** How long a sink that works may take for what is under way to it, before it is changed or removed. */
const GRACE_MS = 5000;
/** How long the disk may take for what is left. */
const BURIAL_GRACE_MS = 5000;

export interface LaneSetParts {
  readonly clock: Clock;
  readonly retries: RetryManagerV2;
  readonly make: (options: LaneOptions) => Lane;
  /** Records that were published so far. */
  readonly published: () => number;
}

/**
 * The lanes of the dispatcher, which may come, change and go while it runs. Calls for one sink do not overlap; the
 * lanes of other sinks are not touched.
 */
export class LaneSet {
  readonly #parts: LaneSetParts;
  /** Replaced, never changed: a lane may come or go while all are being called. */
  #lanes: readonly Lane[];

  constructor(lanes: readonly LaneOptions[], parts: LaneSetParts) {
    this.#parts = parts;
    this.#lanes = lanes.map(parts.make);
  }

  get all(): readonly Lane[] {
    return this.#lanes;
  }

  /** A sink that gets what is published from now on. It has been started. */
  add(options: LaneOptions): void {
    const lane = this.#parts.make(options);
    // What was read before it was there, it did not want: so its books balance (I3).
    lane.stats.unmatched.inc(this.#parts.published());
    this.#lanes = [...this.#lanes, lane];
    lane.start();
  }

  /**
   * Another sink, or other options, under the same name: what waits for the old sink goes to the new one, in order. What
   * is under way may end; where the old sink fails it is given up and sent again. Resolves with the old sink, which
   * nobody uses any more. The new one has been started.
   */
  async change(options: LaneOptions): Promise<Sink> {
    const lane = this.#named(options.sink.name);
    const { sink } = lane;
    await this.#parts.retries.halt([lane], graceOf(lane));
    lane.resume(options);
    return sink;
  }

  /**
   * A sink that gets nothing from now on. What was published before goes there; where it fails, or takes too long, to
   * the dead letters. Resolves with the sink, which nobody uses any more.
   */
  async remove(name: string): Promise<Sink> {
    const { clock, retries } = this.#parts;
    const lane = this.#named(name);
    this.#lanes = this.#lanes.filter(other => other !== lane);
    lane.stats.forget();
    lane.consumer.end();
    await within(clock, lane.drain(), graceOf(lane));
    await retries.halt([lane]);
    const buried = lane.buryAll().then(() => lane.close());
    await within(clock, buried, BURIAL_GRACE_MS);
    return lane.sink;
  }

  #named(name: string): Lane {
    const lane = this.#lanes.find(each => each.name === name);
    invariant(lane !== undefined, `there is no sink ${name}`);
    return lane;
  }
}

/** There is no use in waiting for a sink that fails. */
function graceOf(lane: Lane): number {
  return lane.breaker.isFailing ? 0 : GRACE_MS;
}
