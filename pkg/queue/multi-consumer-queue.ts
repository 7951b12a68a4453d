import { EventEmitter } from 'node:events';
import { ConsumerRegistry } from './consumer-registry.ts';
import type { About, Message, Weight } from './message.ts';
import { MessageGroups } from './message-groups.ts';
import { MessageLog } from './message-log.ts';
import { QueueConsumer, type QueueSide } from './queue-consumer.ts';
import { closedError, configError, fullError } from './queue-errors.ts';
import type { QueueEvents } from './queue-events.ts';
import type { ConsumerOptions, QueueOptions } from './queue-options.ts';
import {
  type LagStatistics,
  lagStatistics,
  type MemoryStats,
  type QueueStats,
  type StaleConsumer,
  staleConsumers,
} from './queue-statistics.ts';
import { ORDINARY, Room, type Urgency, withSpare } from './room.ts';

/**
 * One queue, any number of publishers, any number of consumers that each read all of it at their own pace.
 * Messages are numbered, shared and never copied; one is freed when every consumer has acknowledged it. What is
 * published before the first consumer comes is kept for it.
 *
 * The bounds in records and bytes are strict, save for one case: a message larger than a bound is taken when the
 * queue is empty, so that nothing is ever stuck. Publish, read and free are O(1) and allocate the message only.
 *
 *     const queue = new MultiConsumerQueue<string>({ maxRecords: 1000, maxBytes: 65_536, clock });
 *     const reader = queue.createConsumer('reader');
 *     await queue.whenRoom({ records: 1, bytes: 5 });
 *     queue.publish('hello', { records: 1, bytes: 5 });
 *     reader.read()?.data; // 'hello'
 */
export class MultiConsumerQueue<T> {
  readonly #options: QueueOptions<T>;
  readonly #thresholdBytes: number;
  readonly #log = new MessageLog<T>();
  readonly #groups = new MessageGroups();
  readonly #events = new EventEmitter<QueueEvents>();
  readonly #room = new Room(weight => this.#fits(weight));
  readonly #consumers = new ConsumerRegistry(this.#log);
  readonly #side: QueueSide<T>;
  #isMemoryLow = false;
  #isFull = false;
  #isClosed = false;

  constructor(options: QueueOptions<T>) {
    this.#options = options;
    this.#thresholdBytes = options.memoryThresholdBytes ?? options.maxBytes * 0.8;
    if (!(options.maxRecords > 0 && options.maxBytes > 0 && this.#thresholdBytes > 0)) {
      throw configError('the bounds of a queue must be above 0', 'Set maxRecords and maxBytes.');
    }
    this.#side = {
      log: this.#log,
      clock: options.clock,
      onPassed: () => this.collectGarbage(),
      onClose: place => {
        if (this.#consumers.detach(place)) this.collectGarbage();
      },
    };
    queueMicrotask(() => this.#events.emit('Started'));
  }

  /**
   * Appends a message, tells all consumers, and returns its sequence. For publishers that know there is room, from
   * `hasRoom` or `whenRoom`. Throws `LC_QUEUE_FULL` where there is none, `LC_QUEUE_CLOSED` after `close`,
   * `LC_QUEUE_CONFIG` for a weight of nothing or a group that has all its messages.
   */
  publish(data: T, weight: Weight, about?: About): number {
    if (this.#isClosed) throw closedError();
    const isPromised = this.#room.redeem();
    if ((!isPromised && this.#room.isTaken) || !this.#fits(weight)) {
      this.#noteFull(weight);
      this.#room.offer();
      throw fullError(weight);
    }
    const sequence = this.#append(data, weight, about);
    this.#room.offer();
    return sequence;
  }

  /** As `publish`, but returns `undefined` where there is no room, or where others wait for it. */
  tryPublish(data: T, weight: Weight, about?: About): number | undefined {
    if (this.#isClosed) throw closedError();
    if (this.hasRoom(weight)) return this.#append(data, weight, about);
    this.#noteFull(weight);
    return undefined;
  }

  /** Whether `publish` would succeed now, and leave what is to be spared. False while others wait: they come first. */
  hasRoom(weight: Weight, urgency: Urgency = ORDINARY): boolean {
    return !this.#isClosed && !this.#room.isTaken && this.#fits(withSpare(weight, urgency));
  }

  /**
   * Resolves when there is room; the most urgent first, equals in order of asking. The room is kept until the end of
   * the turn of the event loop: publish right after. Rejects with `LC_QUEUE_CLOSED` when the queue is closed.
   */
  async whenRoom(weight: Weight, urgency: Urgency = ORDINARY): Promise<void> {
    if (this.#isClosed) throw closedError();
    if (!this.#fits(weight)) this.#noteFull(weight);
    await this.#room.wait(weight, urgency);
  }

  /**
   * A consumer under a name of its own. One that acknowledges explicitly and was closed goes on, when it is created
   * again, with the first message that it had not acknowledged. Throws `LC_QUEUE_CONFIG` when the name is in
   * use, `LC_QUEUE_CLOSED` after `close`.
   */
  createConsumer(name: string, options: ConsumerOptions = {}): QueueConsumer<T> {
    if (this.#isClosed) throw closedError();
    const start = { from: options.from ?? 'oldest', isExplicit: options.acknowledge === 'explicit' };
    const place = this.#consumers.attach(name, start, this.#options.clock.monotonicMs());
    this.collectGarbage();
    return new QueueConsumer(place, this.#side);
  }

  /** Removes a consumer, closed or not; what only it held is freed. Throws `LC_QUEUE_CONSUMER_UNKNOWN`. */
  removeConsumer(name: string): void {
    this.#consumers.remove(name);
    this.collectGarbage();
  }

  /**
   * Frees what every consumer has acknowledged, or all when there is no consumer; returns how many messages. Happens
   * by itself whenever the slowest consumer moves, or one comes or leaves.
   */
  collectGarbage(): number {
    const log = this.#log;
    const end = this.#consumers.passed();
    const freed = end - log.head;
    while (log.head < end) this.#free(log.shift());
    if (freed > 0) {
      this.#watchMemory();
      this.#room.offer();
    }
    return freed;
  }

  memoryStats(): MemoryStats {
    const { messages, records, bytes } = this.#log;
    const { maxRecords, maxBytes } = this.#options;
    const utilization = Math.max(records / maxRecords, bytes / maxBytes);
    return { messages, records, bytes, maxRecords, maxBytes, utilization, isMemoryLow: this.#isMemoryLow };
  }

  lagStatistics(): LagStatistics {
    return lagStatistics(this.#consumers.places, this.#log);
  }

  /** Consumers that had something to read and did nothing for `thresholdMs` or longer. */
  detectStaleConsumers(thresholdMs: number): StaleConsumer[] {
    return staleConsumers(this.#consumers.places, this.#log, thresholdMs, this.#options.clock.monotonicMs());
  }

  /** Removes stale consumers that are `minLagMessages` or more behind; says which. They lose what they had not read. */
  removeStaleConsumers(thresholdMs: number, minLagMessages = 1): StaleConsumer[] {
    const stale = this.detectStaleConsumers(thresholdMs).filter(each => each.lag.messages >= minLagMessages);
    for (const { name } of stale) this.removeConsumer(name);
    return stale;
  }

  stats(): QueueStats {
    return {
      published: this.#log.next - 1,
      freed: this.#log.head - 1,
      consumers: this.#consumers.places.length,
      waiting: this.#room.waiting,
      groups: this.#groups.size,
      isClosed: this.#isClosed,
    };
  }

  /** Calls `listener` at each event of this kind; the function that is returned ends that. */
  on<E extends keyof QueueEvents>(event: E, listener: (...args: QueueEvents[E]) => void): () => void {
    const emitter: EventEmitter = this.#events;
    emitter.on(event, listener);
    return () => void emitter.off(event, listener);
  }

  /**
   * Takes nothing more in: publishers that wait are rejected. Consumers read on to the end. Closing again does
   * nothing.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room.close(closedError());
    this.#events.emit('Shutdown', { messages: this.#log.messages });
    if (this.#consumers.places.length === 0) this.collectGarbage();
  }

  #fits({ records, bytes }: Weight): boolean {
    if (!(isCount(records) && isCount(bytes) && records + bytes > 0)) {
      throw configError(
        'a message must weigh something',
        'Count at least one record or one byte, in whole numbers.',
      );
    }
    const log = this.#log;
    if (log.messages === 0) return true;
    return log.records + records <= this.#options.maxRecords && log.bytes + bytes <= this.#options.maxBytes;
  }

  #append(data: T, { records, bytes }: Weight, about: About | undefined): number {
    const group = about?.group;
    if (group !== undefined) this.#groups.join(group);
    const sequence = this.#log.next;
    const producer = about?.producer ?? '';
    const { clock } = this.#options;
    this.#log.append({ sequence, data, records, bytes, atMs: clock.now(), producer, group: group?.id });
    this.#isFull = false;
    this.#watchMemory();
    if (this.#events.listenerCount('MessageAdded') > 0) {
      this.#events.emit('MessageAdded', { sequence, producer, group: group?.id });
    }
    this.#consumers.wake(sequence, clock.monotonicMs());
    return sequence;
  }

  #free(message: Message<T>): void {
    this.#options.onFree?.(message.data);
    if (message.group === undefined) return;
    const messages = this.#groups.leave(message.group);
    if (messages !== undefined) this.#events.emit('GroupCompleted', { group: message.group, messages });
  }

  #watchMemory(): void {
    const { bytes } = this.#log;
    const isMemoryLow = bytes >= this.#thresholdBytes;
    if (isMemoryLow === this.#isMemoryLow) return;
    this.#isMemoryLow = isMemoryLow;
    this.#events.emit(isMemoryLow ? 'MemoryLow' : 'MemoryNormal', {
      bytes,
      thresholdBytes: this.#thresholdBytes,
    });
  }

  #noteFull({ records, bytes }: Weight): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#events.emit('Full', { records, bytes });
  }
}

function isCount(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount >= 0;
}
