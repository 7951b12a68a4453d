import type { OutputName } from '../formats/entry-reader.ts';
import type { LineBuffer } from './line-buffer.ts';

/** Where the lines of each output stream are put together. */
export type OutputLines = Readonly<Record<OutputName, LineBuffer>>;

/** Takes the body of an answer of the engine's log request apart, in pieces of any size. */
export interface MessageReader {
  /** Takes `bytes[from … to)`; says why where they cannot be what the engine sends, and is of no use after that. */
  push(bytes: Buffer, from: number, to: number): string | undefined;
  /** How many messages had a time that cannot be read, since it was asked last; they got that of the one before. */
  takeBadTimes(): number;
}
