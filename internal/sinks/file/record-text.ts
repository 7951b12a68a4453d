import type { Part } from '../../../pkg/types/batch.ts';
import type { RecordFormat } from '../record-format.ts';

/** The line as it was read. */
export class RecordText implements RecordFormat {
  maxBytes({ spans }: Part, r: number): number {
    return spans[2 * r + 1]! - spans[2 * r]!;
  }

  put(target: Buffer, at: number, { bytes, spans }: Part, r: number): number {
    return at + bytes.copy(target, at, spans[2 * r]!, spans[2 * r + 1]!);
  }
}
