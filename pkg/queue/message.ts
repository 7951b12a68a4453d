/** What a message counts against the queue's bounds. One of the two is above 0. */
export interface Weight {
  readonly records: number;
  readonly bytes: number;
}

/** One message, shared by all consumers and never copied: nobody may change it. */
export interface Message<T> extends Weight {
  /** 1 for the first message of a queue, 1 more for each that follows. */
  readonly sequence: number;
  readonly data: T;
  /** When it was published, on the wall clock. */
  readonly atMs: number;
  readonly producer: string;
  /** The group that it belongs to (`Membership.id`). */
  readonly group: string | undefined;
}

/** What a publisher may say of a message. */
export interface About {
  /** Who publishes, for people who look for a cause. */
  readonly producer?: string;
  readonly group?: Membership;
}

/**
 * Makes a message part of a group. The group has all its messages when `size` of them were published (said with
 * any of them), or when one says `isLast`; it is complete when every consumer has acknowledged them all.
 */
export interface Membership {
  readonly id: string;
  readonly size?: number;
  readonly isLast?: boolean;
}

/** Work that was published and not passed yet. */
export interface Lag extends Weight {
  readonly messages: number;
  /** When the oldest of these messages was published, on the wall clock; `undefined` without lag. */
  readonly oldestAtMs: number | undefined;
}
