import type { DecodedBatch } from './decode-record-batch.ts';

const DUPLICATE = 46;
const OUT_OF_ORDER = 45;
const OLD_EPOCH = 47;
/** Batches of a producer that a broker remembers. */
const REMEMBERED = 5;

interface ProducerState {
  epoch: number;
  next: number;
  recent: number[];
}

/** The log of one partition, with what a broker does about idempotent producers (`ProducerAppendInfo` of Kafka 4.1). */
export class FakeKafkaLog {
  readonly batches: DecodedBatch[] = [];
  readonly #producers = new Map<string, ProducerState>();

  /** Appends a batch; returns the error code. */
  append(batch: DecodedBatch): number {
    const { producerId, producerEpoch: epoch, firstSequence: first } = batch;
    if (producerId !== '-1') {
      const known = this.#producers.get(producerId);
      const code = known === undefined ? 0 : judge(known, epoch, first);
      if (code !== 0) return code;
      const state = known?.epoch === epoch ? known : { epoch, next: 0, recent: [] };
      state.next = first + batch.records.length;
      state.recent = [...state.recent, first].slice(-REMEMBERED);
      this.#producers.set(producerId, state);
    }
    this.batches.push(batch);
    return 0;
  }

  /** Forgets all producers, as after their batches were deleted. */
  forgetProducers(): void {
    this.#producers.clear();
  }
}

function judge(known: ProducerState, epoch: number, first: number): number {
  if (epoch < known.epoch) return OLD_EPOCH;
  if (epoch > known.epoch) return first === 0 ? 0 : OUT_OF_ORDER;
  if (known.recent.includes(first)) return DUPLICATE;
  return first === known.next ? 0 : OUT_OF_ORDER;
}
