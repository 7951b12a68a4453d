import type { RecordBatchEncoder } from './encode.ts';
import { cutRuns, type Run, recordsIn } from './runs.ts';
import { type Packed, Shipment } from './shipment.ts';

/** Whatever compression promises, a batch holds no more than this before it. */
const MAX_RAW_BYTES = 8 * 1024 * 1024;
/** How fast the guess follows what compression achieves. */
const LEARNING = 0.2;
/** Batches are made a little smaller than the guess: one that turns out too large is made again. */
const MARGIN = 0.9;

/**
 * Packs records into as few batches as the broker's limit allows. The limit is of the compressed batch, whose size is
 * known only afterwards: it is guessed from the batches before.
 */
export class Packer {
  readonly #encoder: RecordBatchEncoder;
  /** Bytes before compression by bytes after it. */
  #ratio = 1;

  constructor(encoder: RecordBatchEncoder) {
    this.#encoder = encoder;
  }

  /** `sequence`: that of the lane's batch. Only a record that is too large on its own makes a batch above the limit. */
  async pack(sequence: number, runs: readonly Run[], limitBytes: number): Promise<Packed[]> {
    const all: Packed[] = [];
    let left = runs;
    while (left.length > 0) {
      const rawLimit = Math.min(MAX_RAW_BYTES, Math.max(limitBytes, limitBytes * this.#ratio * MARGIN));
      const [packed, batch] = await this.#batch(left, rawLimit);
      const [head, tail] = cutRuns(left, packed);
      left = tail;
      if (batch.length > limitBytes && packed > 1)
        all.push(...(await this.halves(sequence, head, limitBytes)));
      else all.push([new Shipment(batch, sequence, head), head]);
    }
    return all;
  }

  /** The same records in two halves, or more. */
  async halves(sequence: number, runs: readonly Run[], limitBytes: number): Promise<Packed[]> {
    const halves: Packed[] = [];
    for (const half of cutRuns(runs, recordsIn(runs) >>> 1))
      halves.push(...(await this.pack(sequence, half, limitBytes)));
    return halves;
  }

  async #batch(runs: readonly Run[], rawLimit: number): Promise<readonly [number, Buffer]> {
    const encoder = this.#encoder;
    encoder.start(rawLimit);
    for (const { part, frame, from, to } of runs)
      if (encoder.append({ ...part, to }, frame, from) < to) break;
    const { records, bytes } = encoder;
    const finished = encoder.finish();
    const batch = finished instanceof Promise ? await finished : finished;
    this.#ratio += LEARNING * (bytes / batch.length - this.#ratio);
    return [records, batch];
  }
}
