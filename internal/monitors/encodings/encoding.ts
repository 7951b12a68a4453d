import type { Records } from './records.ts';
import type { DecodedText } from './utf16.ts';

/** How the text of a source is written. */
export interface Encoding {
  /**
   * Only where a newline is more than a byte: the text of a read as UTF-8, in which lines are looked for. Other text
   * is split as it is.
   */
  readonly decode?: (bytes: Buffer, from: number, to: number, isFinal: boolean) => DecodedText;
  /** What ends a line. Every character begins at a multiple of its length. */
  readonly newline: Buffer;
  /** A byte order mark may begin the text, which then is UTF-8. */
  readonly hasMark: boolean;
  /** The records as valid UTF-8, in a copy; `undefined` where they are already. */
  toUtf8(text: Buffer, spans: Uint32Array): Records | undefined;
  /** The last place at or before `cut` that does not lie inside a character. */
  boundary(text: Buffer, start: number, cut: number): number;
}
