import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Findings } from '../findings.ts';
import { ABORTED } from '../network-failure.ts';
import type { Packer } from './packer.ts';
import type { Consignment } from './router.ts';
import { numbersOf, type Run } from './runs.ts';
import type { Fate, Packed } from './shipment.ts';

export interface DeliveryDeps {
  readonly clock: Clock;
  readonly packer: Packer;
  readonly findings: Findings;
  readonly signal: AbortSignal;
  /** Whether all lines go to the same topic: who may not write to it can do nothing. */
  readonly isFixedTopic: boolean;
}

/** Brings the records of one partition there: packs them, waits for what becomes of them, and writes it down. */
export class Delivery {
  readonly #deps: DeliveryDeps;
  readonly #sequence: number;
  readonly #consignment: Consignment;

  /** `sequence`: that of the lane's batch. */
  constructor(sequence: number, consignment: Consignment, deps: DeliveryDeps) {
    this.#sequence = sequence;
    this.#consignment = consignment;
    this.#deps = deps;
  }

  /** Resolves when `findings` knows of each record, at the latest when patience ends. */
  async run(): Promise<void> {
    const { clock, packer, signal } = this.#deps;
    const { partition, runs, limitBytes } = this.#consignment;
    const { claims, left } = partition.claim(this.#sequence, runs);
    const { trouble } = partition;
    const patienceMs = trouble.patienceMs();
    if (patienceMs === 0)
      this.#note(left, {
        ...{ as: 'later', failure: trouble.why, afterMs: STALLED_MS, isOutage: trouble.isOutage },
      });
    const packed = patienceMs === 0 ? [] : await packer.pack(this.#sequence, left, limitBytes);
    const fresh = packed.filter(one => !this.#isTooLarge(one));
    const open = new Set<Packed>();
    const all = [...claims, ...fresh].map(one => this.#follow(one, open));
    const giveUp = (failure?: Failure): void => {
      for (const [shipment] of open) partition.giveUp(shipment, failure);
    };
    const onAbort = (): void => giveUp(ABORTED);
    const timer = clock.after(patienceMs, () => giveUp());
    signal.addEventListener('abort', onAbort);
    partition.enqueue(fresh.map(([shipment]) => shipment));
    if (signal.aborted) onAbort();
    await Promise.all(all);
    timer.clear();
    signal.removeEventListener('abort', onAbort);
  }

  /** Waits for one shipment, and for those that it is divided into. */
  async #follow(one: Packed, open: Set<Packed>): Promise<void> {
    const [shipment, runs] = one;
    open.add(one);
    const fate = await shipment.wait();
    open.delete(one);
    if (fate.as !== 'split') {
      this.#note(runs, fate);
      return;
    }
    const { partition, limitBytes } = this.#consignment;
    const halves = await this.#deps.packer.halves(this.#sequence, runs, limitBytes);
    const followed = halves.map(half => this.#follow(half, open));
    partition.replace(
      shipment,
      halves.map(([half]) => half),
    );
    if (this.#deps.signal.aborted) for (const [half] of halves) partition.giveUp(half, ABORTED);
    await Promise.all(followed);
  }

  #note(runs: readonly Run[], fate: Exclude<Fate, { as: 'split' }>): void {
    const { findings, isFixedTopic } = this.#deps;
    if (fate.as === 'refused') findings.refuse(numbersOf(runs), fate.failure);
    else if (fate.as === 'later') {
      const { failure, afterMs, isOutage } = fate;
      const isHopeless = isFixedTopic && failure.kind === 'unauthorized';
      findings.wait(numbersOf(runs), failure, afterMs, isOutage || isHopeless);
    }
  }

  #isTooLarge([shipment, runs]: Packed): boolean {
    const { limitBytes } = this.#consignment;
    const { length } = shipment.batch;
    if (length <= limitBytes) return false;
    const message = `a batch with this record alone has ${length} bytes, above ${limitBytes}: raise max_message_bytes here and max.message.bytes of the topic`;
    this.#note(runs, { as: 'refused', failure: { kind: 'too_large', message } });
    return true;
  }
}

/** When lines of a partition that is known to be stalled come again. */
const STALLED_MS = 3000;
