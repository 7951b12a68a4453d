import { LcError } from '../../pkg/errors/errors.ts';
import { Chunk, type ChunkInit } from '../../pkg/types/chunk.ts';
import type { Json, Passage, Positions, Publisher, Track } from '../../pkg/types/ports.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';
import type { Counter } from '../metrics/metrics.ts';

/** What a monitor sends its chunks with. */
export interface SendContext {
  readonly positions: Positions;
  readonly publisher: Publisher;
  readonly counters: { readonly records: Counter; readonly bytes: Counter };
  /** Aborted when the monitor stops. */
  readonly stopping: AbortSignal;
}

/**
 * Opens a receipt, waiting while the state directory cannot be written: what is not in the journal must not be
 * sent. `undefined` when the agent stops meanwhile.
 */
export async function openReceipt<P extends Json, M extends Json>(
  track: Track<P, M>,
  passage: Passage<P>,
  { positions, stopping }: Pick<SendContext, 'positions' | 'stopping'>,
): Promise<Receipt | undefined> {
  while (!stopping.aborted) {
    try {
      return await track.open(passage);
    } catch (error) {
      if (!hasCode(error, 'LC_STATE_UNWRITABLE')) throw error;
      await orAborted(positions.writable(), stopping);
    }
  }
  return undefined;
}

/** Hands a chunk to the queue, waiting for room. `false` when the queue has closed. */
export async function publish(
  init: ChunkInit,
  { publisher, counters }: Pick<SendContext, 'publisher' | 'counters'>,
): Promise<boolean> {
  const chunk = new Chunk(init);
  const { records, lineBytes } = chunk;
  try {
    await publisher.publish(chunk);
  } catch (error) {
    chunk.release();
    if (!hasCode(error, 'LC_QUEUE_CLOSED')) throw error;
    return false;
  }
  counters.records.inc(records);
  counters.bytes.inc(lineBytes);
  return true;
}

function hasCode(error: unknown, code: LcError['code']): boolean {
  return error instanceof LcError && error.code === code;
}

/** Resolves with `work`, or as soon as the signal is aborted. */
function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    work.then(done, reject);
  });
}
