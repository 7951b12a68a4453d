import type { Weight } from './message.ts';

/**
 * What a queue tells those who listen (`MultiConsumerQueue.on`). Listeners are called at once, in the middle of
 * what the queue is doing: they are quick and do not throw.
 */
export interface QueueEvents {
  /** The queue is there: right after the code that made it has run. */
  Started: [];
  /** Nothing is accepted any more; `messages` are still to be read. */
  Shutdown: [event: { readonly messages: number }];
  MessageAdded: [
    event: { readonly sequence: number; readonly producer: string; readonly group: string | undefined },
  ];
  /** The bytes held have reached the threshold. */
  MemoryLow: [event: { readonly bytes: number; readonly thresholdBytes: number }];
  /** The bytes held are below the threshold again. */
  MemoryNormal: [event: { readonly bytes: number; readonly thresholdBytes: number }];
  /** There was no room for a message; once until one finds room again. */
  Full: [event: Weight];
  /** Every consumer has acknowledged every message of a group. */
  GroupCompleted: [event: { readonly group: string; readonly messages: number }];
}
