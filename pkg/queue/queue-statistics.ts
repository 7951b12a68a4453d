import type { Lag } from './message.ts';
import type { MessageLog } from './message-log.ts';
import type { Place } from './place.ts';

/** What the queue holds in memory, against its bounds. */
export interface MemoryStats {
  readonly messages: number;
  readonly records: number;
  readonly bytes: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** How full the fuller of the two bounds is; above 1 while a message larger than a bound is held. */
  readonly utilization: number;
  /** Whether the memory threshold is reached. */
  readonly isMemoryLow: boolean;
}

/** Counts since the queue was made. */
export interface QueueStats {
  readonly published: number;
  readonly freed: number;
  readonly consumers: number;
  /** Publishers that wait for room. */
  readonly waiting: number;
  /** Groups that are under way. */
  readonly groups: number;
  readonly isClosed: boolean;
}

/** How far the consumers are behind; all 0 without consumers. */
export interface LagStatistics {
  readonly consumers: number;
  readonly maxMessages: number;
  readonly averageMessages: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** The consumer that holds most messages; `undefined` while none is behind. */
  readonly slowest: string | undefined;
}

/** A consumer that has something to read and did nothing for a while. */
export interface StaleConsumer {
  readonly name: string;
  readonly idleMs: number;
  readonly lag: Lag;
}

export function lagStatistics(places: readonly Place[], log: MessageLog<unknown>): LagStatistics {
  const lags = places.map(place => ({ name: place.name, ...place.lag(log) }));
  const most = (of: 'messages' | 'records' | 'bytes'): number =>
    lags.reduce((max, lag) => Math.max(max, lag[of]), 0);
  const maxMessages = most('messages');
  return {
    consumers: lags.length,
    maxMessages,
    averageMessages: lags.reduce((sum, lag) => sum + lag.messages, 0) / Math.max(1, lags.length),
    maxRecords: most('records'),
    maxBytes: most('bytes'),
    slowest: maxMessages === 0 ? undefined : lags.find(lag => lag.messages === maxMessages)?.name,
  };
}

export function staleConsumers(
  places: readonly Place[],
  log: MessageLog<unknown>,
  thresholdMs: number,
  nowMs: number,
): StaleConsumer[] {
  return places
    .filter(place => place.acknowledged < log.next && nowMs - place.activeMs >= thresholdMs)
    .map(place => ({ name: place.name, idleMs: nowMs - place.activeMs, lag: place.lag(log) }));
}
