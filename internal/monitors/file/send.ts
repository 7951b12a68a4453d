import { LcError } from '../../../pkg/errors/errors.ts';
import { Chunk, type ChunkInit } from '../../../pkg/types/chunk.ts';
import type { Passage } from '../../../pkg/types/ports.ts';
import type { Receipt } from '../../../pkg/types/receipt.ts';
import type { FilePosition, FileTrack } from './identity.ts';
import type { SourceContext } from './source.ts';

/**
 * Opens a receipt, waiting while the state directory cannot be written: what is not in the journal must not be
 * sent. `undefined` when the agent stops meanwhile.
 */
export async function openReceipt(
  track: FileTrack,
  passage: Passage<FilePosition>,
  { positions, stopping }: SourceContext,
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
export async function publish(init: Omit<ChunkInit, 'origin'>, context: SourceContext): Promise<boolean> {
  const chunk = new Chunk({ ...init, origin: { monitor: 'file', source: context.source.name } });
  const { records, lineBytes } = chunk;
  try {
    await context.publisher.publish(chunk);
  } catch (error) {
    chunk.release();
    if (!hasCode(error, 'LC_QUEUE_CLOSED')) throw error;
    return false;
  }
  context.counters.records.inc(records);
  context.counters.bytes.inc(lineBytes);
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
