const HEAD_CHARS = 200;
const TAIL_CHARS = 311;
const MAX_CHARS = HEAD_CHARS + 1 + TAIL_CHARS;

/**
 * A server's words on one line, at most 512 characters, without control characters. What is left out is in the middle:
 * Loki writes the labels of the stream first, and what is wrong after them.
 */
export function shortened(text: string): string {
  const isLong = text.length > 4 * MAX_CHARS;
  const line = oneLine(isLong ? `${text.slice(0, 2 * MAX_CHARS)}${text.slice(-2 * MAX_CHARS)}` : text);
  if (line.length <= MAX_CHARS) return line;
  return `${line.slice(0, HEAD_CHARS).toWellFormed()}…${line.slice(-TAIL_CHARS).toWellFormed()}`;
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
