import type { Clock, Timer } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Findings } from '../findings.ts';
import { ABORTED } from '../network-failure.ts';
import type { Packer } from './packer.ts';
import type { Consignment } from './router.ts';
import { numbersOf, type Run } from './runs.ts';
import type { Fate, Packed, Shipment } from './shipment.ts';

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
  readonly #open = new Set<Shipment>();
  #patienceMs = 0;
  #timer: Timer | undefined;

  /** `sequence`: that of the lane's batch. */
  constructor(sequence: number, consignment: Consignment, deps: DeliveryDeps) {
    this.#sequence = sequence;
    this.#consignment = consignment;
    this.#deps = deps;
  }

  /** Resolves when `findings` knows of each record, at the latest when nothing has happened for as long as patience lasts. */
  async run(): Promise<void> {
    const { packer, signal } = this.#deps;
    const { partition, runs, limitBytes } = this.#consignment;
    const { trouble } = partition;
    const { claims, left } = partition.claim(this.#sequence, runs);
    this.#patienceMs = trouble.patienceMs();
    const isInVain = this.#patienceMs === 0;
    if (isInVain)
      this.#note(left, {
        ...{ as: 'later', failure: trouble.why, afterMs: STALLED_MS, isOutage: trouble.isOutage },
      });
    const packed = isInVain ? [] : await packer.pack(this.#sequence, left, limitBytes);
    const fresh = packed.filter(one => !this.#isTooLarge(one));
    const all = [...claims, ...fresh].map(one => this.#follow(one));
    const onAbort = (): void => this.#giveUp(ABORTED);
    this.#wait();
    signal.addEventListener('abort', onAbort);
    partition.enqueue(fresh.map(([shipment]) => shipment));
    if (signal.aborted) onAbort();
    await Promise.all(all);
    this.#timer?.clear();
    signal.removeEventListener('abort', onAbort);
  }

  /** Waits for one shipment, and for those that it is divided into. */
  async #follow(one: Packed): Promise<void> {
    const [shipment, runs] = one;
    this.#open.add(shipment);
    const fate = await shipment.wait();
    this.#open.delete(shipment);
    if (fate.as !== 'split') {
      this.#note(runs, fate);
      if (fate.as === 'stored') this.#wait();
      return;
    }
    const { partition, limitBytes } = this.#consignment;
    const halves = await this.#deps.packer.halves(this.#sequence, runs, limitBytes);
    const followed = halves.map(half => this.#follow(half));
    partition.replace(
      shipment,
      halves.map(([half]) => half),
    );
    this.#wait();
    if (this.#deps.signal.aborted) this.#giveUp(ABORTED);
    await Promise.all(followed);
  }

  /** Patience begins anew. */
  #wait(): void {
    this.#timer?.clear();
    this.#timer = this.#deps.clock.after(this.#patienceMs, () => this.#giveUp());
  }

  #giveUp(failure?: Failure): void {
    for (const shipment of this.#open) this.#consignment.partition.giveUp(shipment, failure);
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
