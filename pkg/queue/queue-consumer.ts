import type { Clock } from '../clock/clock.ts';
import { invariant, LcError } from '../errors/errors.ts';
import type { Lag, Message } from './message.ts';
import type { MessageLog } from './message-log.ts';
import type { Place } from './place.ts';
import { consumerUnknownError } from './queue-errors.ts';

/** How much `readBatch` takes at the most; at least one message in any case. */
export interface BatchLimits {
  readonly messages?: number;
  readonly records?: number;
  readonly bytes?: number;
}

/** What a consumer needs of its queue. */
export interface QueueSide<T> {
  readonly log: MessageLog<T>;
  readonly clock: Clock;
  /** The consumer that was the slowest has moved: something may be free now. */
  readonly onPassed: () => void;
  readonly onClose: (place: Place) => void;
}

/**
 * Reads a queue at its own pace, by one cursor. Made by `MultiConsumerQueue.createConsumer`. Once it was
 * closed or removed, reading and acknowledging throw `LC_QUEUE_CONSUMER_UNKNOWN`.
 */
export class QueueConsumer<T> {
  readonly name: string;
  readonly #side: QueueSide<T>;
  readonly #log: MessageLog<T>;
  readonly #place: Place;
  /** Sequence of the message that is read next. */
  #cursor: number;
  /** Nothing from this sequence on is read. */
  #end = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(place: Place, side: QueueSide<T>) {
    this.name = place.name;
    this.#place = place;
    this.#side = side;
    this.#log = side.log;
    this.#cursor = place.acknowledged;
  }

  /** The next message, which stays the next one. */
  peek(): Message<T> | undefined {
    if (this.#cursor >= this.#end) return undefined;
    this.#assertOpen();
    return this.#log.at(this.#cursor);
  }

  /**
   * Takes the next message; `undefined` when there is none. A consumer that acknowledges on read may be the last
   * to pass it: then it is freed before this returns (`peek` first to keep hold of what `onFree` gives back).
   */
  read(): Message<T> | undefined {
    const message = this.peek();
    if (message === undefined) return undefined;
    this.#cursor++;
    this.#moved();
    this.#closeAtEnd();
    return message;
  }

  /** Takes as many messages as there are and `limits` allow; one at least, if there is one. */
  readBatch(limits: BatchLimits): Message<T>[] {
    const { messages = Infinity, records = Infinity, bytes = Infinity } = limits;
    const batch: Message<T>[] = [];
    let [batchRecords, batchBytes] = [0, 0];
    for (let message = this.peek(); message !== undefined; message = this.peek()) {
      batchRecords += message.records;
      batchBytes += message.bytes;
      const isFull = batch.length >= messages || batchRecords > records || batchBytes > bytes;
      if (isFull && batch.length > 0) break;
      batch.push(message);
      this.#cursor++;
    }
    if (batch.length > 0) this.#moved();
    this.#closeAtEnd();
    return batch;
  }

  /**
   * Says that all messages up to `sequence` are done with; returns how many that are which were not before.
   * Throws `LC_QUEUE_SEQUENCE` for a message that was not read yet.
   */
  acknowledge(sequence: number): number {
    this.#assertOpen();
    if (!Number.isInteger(sequence) || sequence >= this.#cursor) {
      throw new LcError('LC_QUEUE_SEQUENCE', {
        message: `consumer ${JSON.stringify(this.name)} acknowledged ${sequence}, but has read up to ${this.#cursor - 1}`,
        advice: 'Acknowledge the sequence of a message that was read.',
      });
    }
    const before = this.#place.acknowledged;
    this.#pass(sequence + 1);
    this.#place.activeMs = this.#side.clock.monotonicMs();
    return this.#place.acknowledged - before;
  }

  /** Goes back to the first message that was not acknowledged: it and all after it are delivered again. */
  rewind(): void {
    this.#assertOpen();
    this.#cursor = this.#place.acknowledged;
  }

  /** What was published and is not acknowledged; for statistics, so it never throws. */
  lag(): Lag {
    return this.#place.lag(this.#log);
  }

  /**
   * Calls `wake` whenever a message was published, in the middle of `publish`: quick, and it does not throw. It may
   * read. One listener at a time: the last one that was given.
   */
  onMessage(wake: () => void): void {
    this.#assertOpen();
    this.#place.wake = wake;
  }

  /**
   * Nothing that is published from now on is read: after what there is already, `peek` and `read` give `undefined`. One
   * that acknowledges on read is closed then.
   */
  end(): void {
    this.#end = this.#log.next;
    this.#closeAtEnd();
  }

  /**
   * Leaves the queue. What only this consumer held is freed; but the place of one that acknowledges explicitly is
   * kept, for the next consumer of that name, until `removeConsumer`. Closing again does nothing.
   */
  close(): void {
    if (this.#isClosed || this.#place.isRemoved) return;
    this.#isClosed = true;
    this.#side.onClose(this.#place);
  }

  #closeAtEnd(): void {
    if (this.#cursor >= this.#end && !this.#place.isExplicit) this.close();
  }

  #moved(): void {
    this.#place.activeMs = this.#side.clock.monotonicMs();
    if (!this.#place.isExplicit) this.#pass(this.#cursor);
  }

  /** Moves the place up to `end` and lets the queue free what nobody holds any more. */
  #pass(end: number): void {
    const place = this.#place;
    const wasSlowest = place.acknowledged === this.#log.head;
    for (let sequence = place.acknowledged; sequence < end; sequence++) {
      const message = this.#log.at(sequence);
      invariant(message !== undefined, 'the queue has freed a message that a consumer still held');
      place.pass(message);
    }
    if (wasSlowest) this.#side.onPassed();
  }

  #assertOpen(): void {
    if (!this.#isClosed && !this.#place.isRemoved) return;
    throw consumerUnknownError(this.name, this.#isClosed ? 'was closed' : 'was removed');
  }
}
