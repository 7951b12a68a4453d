import type { Message, Weight } from './message.ts';

const INITIAL_SLOTS = 64;

/**
 * The messages that are held, in order of sequence, in a ring that doubles when it is full: append, look-up and
 * removal are O(1), and a message costs one slot beside the object itself.
 */
export class MessageLog<T> {
  /** Length is a power of two: the slot of a sequence is its lower bits. */
  #slots: (Message<T> | undefined)[] = new Array(INITIAL_SLOTS);
  #head = 1;
  #next = 1;
  #records = 0;
  #bytes = 0;
  #publishedRecords = 0;
  #publishedBytes = 0;

  /** Sequence of the oldest message held; `next` when there is none. */
  get head(): number {
    return this.#head;
  }

  /** Sequence of the message that will be appended next. */
  get next(): number {
    return this.#next;
  }

  get messages(): number {
    return this.#next - this.#head;
  }

  /** Records of the messages held. */
  get records(): number {
    return this.#records;
  }

  /** Bytes of the messages held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Weight of all messages that were ever appended. */
  get published(): Weight {
    return { records: this.#publishedRecords, bytes: this.#publishedBytes };
  }

  /** The message with this sequence; `undefined` when it is not held. */
  at(sequence: number): Message<T> | undefined {
    if (sequence < this.#head || sequence >= this.#next) return undefined;
    return this.#slots[sequence & (this.#slots.length - 1)];
  }

  /** Appends a message whose sequence is `next`. */
  append(message: Message<T>): void {
    if (this.messages === this.#slots.length) this.#resize(this.#slots.length * 2);
    this.#slots[message.sequence & (this.#slots.length - 1)] = message;
    this.#next++;
    this.#records += message.records;
    this.#bytes += message.bytes;
    this.#publishedRecords += message.records;
    this.#publishedBytes += message.bytes;
  }

  /** Removes the oldest message; there must be one. */
  shift(): Message<T> {
    const slot = this.#head & (this.#slots.length - 1);
    const message = this.#slots[slot]!;
    this.#slots[slot] = undefined;
    this.#head++;
    this.#records -= message.records;
    this.#bytes -= message.bytes;
    const isSparse = this.messages < this.#slots.length / 8;
    if (isSparse && this.#slots.length > INITIAL_SLOTS) this.#resize(this.#slots.length / 2);
    return message;
  }

  #resize(length: number): void {
    const slots: (Message<T> | undefined)[] = new Array(length);
    for (let i = this.#head; i < this.#next; i++) slots[i & (length - 1)] = this.at(i);
    this.#slots = slots;
  }
}
