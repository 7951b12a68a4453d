import type { Part } from '../../pkg/types/batch.ts';

/** How a record is written for whoever reads it. */
export interface RecordFormat {
  /** Bytes that record `r` of `part` needs at most. */
  maxBytes(part: Part, r: number): number;
  /** Writes it to `target` at `at`, where that many are free; returns where it ends. Keeps no view of the part. */
  put(target: Buffer, at: number, part: Part, r: number): number;
}
