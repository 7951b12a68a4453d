import { crc32 } from 'node:zlib';
import { LcError } from '../../pkg/errors/errors.ts';
import type { LaneBatch } from './lane-batch.ts';

/**
 * The check mode for lent batches (design section 4): a CRC when a batch is handed to a sink and again when the sink's
 * promise has settled. A sink that wrote to memory that it shares with other lanes is found at once, not when a
 * line turns out corrupt somewhere else. All tests run with it; production does without.
 */
export class LendingCheck {
  readonly #before = new Map<LaneBatch, number>();

  handOver(batch: LaneBatch): void {
    if (!batch.isOwned) this.#before.set(batch, fingerprint(batch));
  }

  /** Throws `LC_LENDING` when the sink changed what was lent to it. */
  release(batch: LaneBatch, sink: string): void {
    const before = this.#before.get(batch);
    if (before === undefined) return;
    this.#before.delete(batch);
    if (fingerprint(batch) === before) return;
    throw new LcError('LC_LENDING', {
      message: `sink ${sink} changed a batch that was lent to it`,
      advice: 'Use copy_mode: safe for this sink, and report the bug.',
    });
  }
}

function fingerprint(batch: LaneBatch): number {
  let crc = 0;
  for (const part of batch.parts) {
    crc = crc32(part.bytes.subarray(part.spans[part.from * 2]!, part.spans[part.to * 2 - 1]!), crc);
    crc = crc32(new Uint8Array(part.spans.buffer, part.spans.byteOffset, part.spans.byteLength), crc);
    crc = crc32(part.labels.key(), crc);
  }
  return crc;
}
