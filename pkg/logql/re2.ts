/** Flags at the start of an RE2 pattern: `(?i)`, `(?si)` … */
const LEADING_FLAGS = /^\(\?([ims]+)\)/;

/** An escaped character; RE2 lets any punctuation be escaped, JavaScript (in Unicode mode) not. */
const ESCAPED = /\\(.)/gsu;
const NEEDS_HEX = /[!"#%&',:;<=>@_`~-]/;

/**
 * A Go (RE2) regular expression that must match a whole value, as a JavaScript one; the dot matches newlines, as
 * in Loki. Leading flags and escaped punctuation are translated; what only RE2 knows (`\Q…\E`, `[[:alpha:]]`,
 * `\z`) is refused, not read as something else. Throws `SyntaxError`.
 *
 * JavaScript's engine backtracks: a pattern like `(a+)+` can take very long, which RE2 never does.
 */
export function compileAnchored(pattern: string): RegExp {
  const { source, flags } = translate(pattern);
  return new RegExp(`^(?${[...new Set(`s${flags}`)].join('')}:${source})$`, 'u');
}

/** The same for a match anywhere in a text, as LogQL's line filters search; the dot leaves newlines out. */
export function compileAnywhere(pattern: string): RegExp {
  const { source, flags } = translate(pattern);
  return new RegExp(`(?${[...new Set(flags)].join('')}:${source})`, 'u');
}

function translate(pattern: string): { source: string; flags: string } {
  const leading = LEADING_FLAGS.exec(pattern);
  const body = pattern
    .slice(leading?.[0].length ?? 0)
    .replace(ESCAPED, (sequence, char: string) => (NEEDS_HEX.test(char) ? hexEscape(char) : sequence));
  // Compiled alone first: `a)|(b` is no pattern, though inside the group it would make one.
  return { source: new RegExp(body, 'u').source, flags: leading?.[1] ?? '' };
}

function hexEscape(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
