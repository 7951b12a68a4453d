import { LinePattern } from '../line-pattern/line-pattern.ts';

/** Flags at the start of an RE2 pattern: `(?i)`, `(?s)`, `(?is)`. */
const LEADING_FLAGS = /^\(\?([is]+)\)/;

/**
 * A Go (RE2) regular expression that must match a whole value; the dot matches newlines, as in Loki. Takes time linear
 * in the length of the value, as RE2 does: labels are hostile. What `LinePattern` does not know (`\Q…\E`, `[[:alpha:]]`,
 * `(?m)`) is refused, not read as something else. Throws `SyntaxError`.
 */
export function compileAnchored(pattern: string): (value: string) => boolean {
  const { flags, source } = split(pattern);
  // Compiled alone first: `a)|(b` is no pattern, though inside the group it would make one.
  new LinePattern(source);
  const whole = new LinePattern(`${flags}^(?:${source})$`);
  return value => {
    const bytes = Buffer.from(value);
    return whole.test(bytes, 0, bytes.length);
  };
}

/** The same for a match anywhere in the bytes of a line, as LogQL's line filters search. */
export function compileAnywhere(pattern: string): LinePattern {
  const { flags, source } = split(pattern);
  return new LinePattern(flags + source);
}

/** A dot of `LinePattern` matches newlines always, so that of the flags only `i` says something. */
function split(pattern: string): { readonly flags: string; readonly source: string } {
  const leading = LEADING_FLAGS.exec(pattern);
  if (leading === null) return { flags: '', source: pattern };
  return { flags: leading[1]!.includes('i') ? '(?i)' : '', source: pattern.slice(leading[0].length) };
}
