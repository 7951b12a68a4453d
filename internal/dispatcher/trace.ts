import { type BatchEvent, type BatchSent, CHANNELS, type ChunkRead } from '../../pkg/trace/channels.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Settlement } from '../../pkg/types/receipt.ts';
import type { Logger } from '../selflog/logger.ts';
import type { LaneBatch } from './lane-batch.ts';

/** The name of a batch in traces and debug logs: unique in the life of an agent but for replays, which come again. */
export function traceId(sink: string, { sequence, isReplay }: LaneBatch): string {
  return isReplay ? `${sink}-replay` : `${sink}-${sequence}`;
}

/** A chunk was published. */
export function traceRead({ origin, records, lineBytes: bytes }: Chunk): void {
  if (!CHANNELS.chunkRead.hasSubscribers) return;
  const event: ChunkRead = { monitor: origin.monitor, source: origin.source, records, bytes };
  CHANNELS.chunkRead.publish(event);
}

/** An attempt has ended; the debug log says so, too. */
export function traceSent(
  logger: Logger,
  sink: string,
  batch: LaneBatch,
  { outcome, seconds }: Pick<BatchSent, 'outcome' | 'seconds'>,
): void {
  const event: BatchSent = { ...eventOf(sink, batch), attempt: batch.attempt, outcome, seconds };
  logger.debug('batch.sent', 'the sink has answered', { ...event });
  CHANNELS.batchSent.publish(event);
}

/** A batch waits in the parking. */
export function traceParked(sink: string, batch: LaneBatch): void {
  if (CHANNELS.batchParked.hasSubscribers) CHANNELS.batchParked.publish(eventOf(sink, batch));
}

/** The letters of a batch are on disk. */
export function traceStored(sink: string, batch: LaneBatch): void {
  if (CHANNELS.batchStored.hasSubscribers) CHANNELS.batchStored.publish(eventOf(sink, batch));
}

/** All of a batch is settled but `except` records. */
export function traceSettled(sink: string, batch: LaneBatch, outcome: Settlement, except: number): void {
  if (!CHANNELS.batchSettled.hasSubscribers) return;
  const { records, ...event } = eventOf(sink, batch);
  CHANNELS.batchSettled.publish({ ...event, records: records - except, outcome });
}

function eventOf(sink: string, batch: LaneBatch): BatchEvent {
  return { sink, trace: traceId(sink, batch), records: batch.records, bytes: batch.bytes };
}
