import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Asked } from './answers.ts';
import { stampProducer } from './batch-header.ts';
import type { Shipment } from './shipment.ts';

/** An idempotent producer, as far as one partition is concerned. */
export interface Producer {
  readonly id: bigint;
  readonly epoch: number;
}

const MAX_IN_FLIGHT = 5;
const LAST_EPOCH = 32_767;
const SEQUENCES = 2 ** 31;

/**
 * The producer id, epoch and next sequence of one partition (KIP-98, KIP-360): each record has a number, by which the
 * leader knows what it has already and what is missing. A shipment keeps its stamp, so its bytes, until the producer is
 * renewed.
 */
export class ProducerLine {
  readonly #ask: (isFresh: boolean) => Promise<Asked<Producer>>;
  #producer: Producer | undefined;
  #next = 0;
  #renewal: 'none' | 'epoch' | 'producer' = 'none';
  #isRenewing = false;
  #isKnown = false;

  constructor(ask: (isFresh: boolean) => Promise<Asked<Producer>>) {
    this.#ask = ask;
  }

  get isRenewing(): boolean {
    return this.#isRenewing;
  }

  /**
   * Batches of the partition in flight at most. A broker remembers the last five of a producer; of one that it does not
   * know yet it takes any sequence, so that a second batch could be stored before the first.
   */
  get maxInFlight(): number {
    return this.#isKnown ? MAX_IN_FLIGHT : 1;
  }

  /** The leader has stored something of this producer. */
  wasStored(): void {
    this.#isKnown = this.#producer !== undefined;
  }

  /** Stamps a shipment that has no stamp yet; `false` when that needs `ready` first. */
  stamp(shipment: Shipment): boolean {
    if (shipment.stamp !== undefined) return true;
    if (this.#producer === undefined || this.#renewal !== 'none') return false;
    shipment.stamp = { ...this.#producer, baseSequence: this.#next };
    this.#next = (this.#next + shipment.records) % SEQUENCES;
    stampProducer(shipment.batch, shipment.stamp);
    return true;
  }

  /**
   * A shipment that stood at `at` in the line left it and is not with Kafka: its sequences are used again, if no other of
   * the line may be there. Returns whether they are.
   */
  rewind(shipment: Shipment, at: number, line: readonly Shipment[]): boolean {
    const first = at === 0 ? shipment.stamp : line[0]!.stamp;
    if (first === undefined || line.some(({ isUncertain }) => isUncertain)) return false;
    this.#next = first.baseSequence;
    for (const other of line) other.stamp = undefined;
    return true;
  }

  /** All that is open goes again under a new epoch, or a new id, once nothing is in flight. */
  renew(what: 'epoch' | 'producer'): void {
    if (this.#renewal !== 'producer') this.#renewal = what;
  }

  /** Sees to it that `line` can be stamped; resolves with why that failed, if it did. */
  async ready(line: readonly Shipment[]): Promise<Failure | undefined> {
    const renewal = this.#renewal;
    const current = this.#producer;
    if (current !== undefined && renewal === 'none') return undefined;
    if (current !== undefined && renewal === 'epoch' && current.epoch < LAST_EPOCH)
      this.#begin({ id: current.id, epoch: current.epoch + 1 }, line);
    else {
      this.#isRenewing = true;
      const asked = await this.#ask(current !== undefined);
      this.#isRenewing = false;
      if ('failure' in asked) return asked.failure;
      this.#begin(asked.answer, line);
    }
    return undefined;
  }

  #begin(producer: Producer, line: readonly Shipment[]): void {
    this.#producer = producer;
    this.#next = 0;
    this.#renewal = 'none';
    this.#isKnown = false;
    for (const shipment of line) shipment.stamp = undefined;
  }
}
