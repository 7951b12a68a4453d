import { viewOf } from '../../../pkg/json-bytes/unescape.ts';

const WORD_BYTES = 4;

/** A text of four bytes or more that is looked for in others, a word at a time: a third of what byte by byte costs. */
export class Literal {
  readonly length: number;
  readonly #words: Int32Array;

  /** ASCII. */
  constructor(text: string) {
    const view = viewOf(Buffer.from(text));
    this.length = text.length;
    this.#words = Int32Array.from({ length: Math.ceil(text.length / WORD_BYTES) }, (_, i) =>
      view.getInt32(Math.min(i * WORD_BYTES, text.length - WORD_BYTES)),
    );
  }

  /** Whether it stands at `at`; all of it has to lie inside the view. */
  isAt(view: DataView, at: number): boolean {
    const words = this.#words;
    const last = words.length - 1;
    // The last word may lie over the one before.
    if (view.getInt32(at + this.length - WORD_BYTES) !== words[last]) return false;
    for (let i = 0; i < last; i++) if (view.getInt32(at + i * WORD_BYTES) !== words[i]) return false;
    return true;
  }
}
