/** Controls (C0, DEL, C1), line and paragraph separators, and the marks that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point.
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const PLAIN = /^[\w./:@%+,*-]+$/;

/** `text` with everything that could start a new line, a colour or a cursor movement written as `\uXXXX`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * The line of pino, safe to show on a terminal. JSON has escaped C0 itself; the rest is as good inside its
 * strings.
 */
export function jsonLine(line: string): string {
  return `${escapeControls(line.trimEnd())}\n`;
}

/** The line of pino for people: time, level, key, message, then the fields as `name=value`. */
export function textLine(line: string): string {
  const { time, level, key, msg, ...fields }: Record<string, unknown> = JSON.parse(line);
  const head = `${time} ${String(level).toUpperCase().padEnd(5)} ${key}: ${msg}`;
  const tail = Object.entries(fields).map(([name, value]) => ` ${name}=${textValue(value)}`);
  return `${escapeControls(head + tail.join(''))}\n`;
}

function textValue(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value)) return value;
  return JSON.stringify(value);
}
