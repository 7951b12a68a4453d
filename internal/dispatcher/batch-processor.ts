import type { QueueConsumer } from '../../pkg/queue/queue-consumer.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import { Delivery } from './delivery.ts';
import { LaneBatch } from './lane-batch.ts';
import { type Slot, slotOf } from './slot.ts';

export interface BatchLimits {
  readonly records: number;
  readonly bytes: number;
  readonly timeoutMs: number;
}

export interface BatchProcessorOptions {
  readonly consumer: QueueConsumer<Chunk>;
  readonly slots: readonly Slot[];
  readonly limits: BatchLimits;
  /** Whether this sink wants the chunk's stream. */
  readonly wants: (chunk: Chunk) => boolean;
  /** Told of each chunk that it does not want, after which the chunk is settled. */
  readonly onUnwanted: (chunk: Chunk) => void;
}

/**
 * Stop 4: takes chunks from a lane's cursor, spreads them over the slots by stream, and seals batches by records, by
 * bytes, or when their time is up. A chunk that does not fit into one batch travels in several. A chunk passes
 * the cursor when its last record has been gathered.
 */
export class BatchProcessor {
  readonly #consumer: QueueConsumer<Chunk>;
  #slots: readonly Slot[];
  #limits: BatchLimits;
  readonly #wants: (chunk: Chunk) => boolean;
  readonly #onUnwanted: (chunk: Chunk) => void;
  #sequence = 0;
  /** The chunk under the cursor: how much of it has been gathered, and its account. */
  #gathered = 0;
  #delivery: Delivery | undefined;

  constructor(options: BatchProcessorOptions) {
    this.#consumer = options.consumer;
    this.#slots = options.slots;
    this.#limits = options.limits;
    this.#wants = options.wants;
    this.#onUnwanted = options.onUnwanted;
  }

  /** Goes on with these slots and limits; what the old slots had gathered is in the new ones. */
  change(slots: readonly Slot[], limits: BatchLimits): void {
    this.#slots = slots;
    this.#limits = limits;
  }

  /** Gathers until the queue is empty or the slot of the next chunk is full. */
  gather(nowMs: number): void {
    for (let message = this.#consumer.peek(); message !== undefined; message = this.#consumer.peek()) {
      const chunk = message.data;
      if (this.#delivery === undefined && !this.#wants(chunk)) {
        chunk.receipt.settle();
        this.#onUnwanted(chunk);
      } else if (!this.#gatherChunk(chunk, nowMs)) return;
      this.#delivery = undefined;
      this.#gathered = 0;
      this.#consumer.read();
    }
  }

  /** Seals what is due at `nowMs`; `all` seals whatever there is. Returns when the next one falls due. */
  sealDue(nowMs: number, all = false): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots) {
      if (slot.filling.length === 0) continue;
      if (slot.isOpen && (all || slot.sealAtMs <= nowMs)) this.#seal(slot);
      else if (slot.isOpen) nextMs = Math.min(nextMs, slot.sealAtMs);
    }
    return nextMs;
  }

  #gatherChunk(chunk: Chunk, nowMs: number): boolean {
    const slot = slotOf(chunk, this.#slots);
    this.#delivery ??= new Delivery(chunk);
    while (this.#gathered < chunk.records) {
      if (!slot.isOpen) return false;
      const to = this.#fit(slot, chunk);
      if (to > this.#gathered) this.#add(slot, chunk, to, nowMs);
      if (to < chunk.records || this.#isFull(slot)) this.#seal(slot);
    }
    return true;
  }

  /** How far into the chunk the slot's batch can take records; at least one when the batch is empty. */
  #fit(slot: Slot, chunk: Chunk): number {
    const from = this.#gathered;
    let to = Math.min(chunk.records, from + this.#limits.records - slot.fillingRecords);
    const room = this.#limits.bytes - slot.fillingBytes;
    if (from === 0 && to === chunk.records && chunk.lineBytes <= room) return to;
    let bytes = 0;
    for (let record = from; record < to; record++) {
      bytes += chunk.spans[record * 2 + 1]! - chunk.spans[record * 2]!;
      if (bytes > room) {
        to = record;
        break;
      }
    }
    return to === from && slot.fillingRecords === 0 ? from + 1 : to;
  }

  #isFull(slot: Slot): boolean {
    return slot.fillingRecords >= this.#limits.records || slot.fillingBytes >= this.#limits.bytes;
  }

  #add(slot: Slot, chunk: Chunk, to: number, nowMs: number): void {
    const from = this.#gathered;
    const { origin, position, stream, bytes, spans, base, times } = chunk;
    chunk.retain();
    slot.fill({
      ...{ origin, position, stream, labels: stream.labels, bytes, spans, from, to, base, times },
      ...{ delivery: this.#delivery!, lender: chunk },
    });
    if (slot.filling.length === 1) slot.sealAtMs = nowMs + this.#limits.timeoutMs;
    this.#gathered = to;
  }

  #seal(slot: Slot): void {
    slot.ready.push(new LaneBatch(this.#sequence++, slot.filling));
    slot.filling = [];
    slot.fillingRecords = 0;
    slot.fillingBytes = 0;
    slot.sealAtMs = Number.POSITIVE_INFINITY;
  }
}
