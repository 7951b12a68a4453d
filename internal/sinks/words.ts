const HEAD_CHARS = 200;
const TAIL_CHARS = 311;
/** More of a text is not looked at, at either end: it may be an answer of 256 KiB, and there may be a thousand of them. */
const LOOK_CHARS = 4096;
/** A value without spaces, say: it says no more when it is whole. */
const LONG_WORD = /\S{101,}/g;
const WORD_HEAD_CHARS = 60;
const WORD_TAIL_CHARS = 20;

/**
 * A server's words on one line, at most 512 characters, without control characters. What is left out is in the middle,
 * of long words first: Loki writes the labels of the stream, what is wrong, and the value that is wrong.
 */
export function shortened(text: string): string {
  const line = ends(text, LOOK_CHARS, LOOK_CHARS)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const words = line.replace(LONG_WORD, word => ends(word, WORD_HEAD_CHARS, WORD_TAIL_CHARS));
  return ends(words, HEAD_CHARS, TAIL_CHARS);
}

/** The two ends of a text that is longer than both together. */
function ends(text: string, headChars: number, tailChars: number): string {
  if (text.length <= headChars + 1 + tailChars) return text;
  return `${text.slice(0, headChars).toWellFormed()}…${text.slice(-tailChars).toWellFormed()}`;
}
