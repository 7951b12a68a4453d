import { readFileSync, statSync } from 'node:fs';
import { errorText, systemCode } from '../../pkg/errors/errors.ts';
import { Wrong } from '../../pkg/spec/wrong.ts';

/** `${…}`, and `$${…}` which stands for the literal text. */
const PLACEHOLDER = /\$(\$?)\{([^}\n]*)\}/g;
const VARIABLE = /^([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$/;
const MAX_FILE_BYTES = 64 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its placeholders filled in. */
export interface Filling {
  readonly text: string;
  /** Whether any value came from outside. */
  readonly isFilled: boolean;
  readonly problems: readonly string[];
}

/** Fills in `${VAR}`, `${VAR:-default}` and `${file:/path}`. What is filled in is not looked through again. */
export function fill(text: string, env: Environment): Filling {
  const problems: string[] = [];
  let isFilled = false;
  const filled = text.replaceAll(PLACEHOLDER, (whole, dollar: string, inside: string) => {
    if (dollar !== '') return whole.slice(1);
    isFilled = true;
    const value = resolve(inside, env);
    if (typeof value === 'string') return value;
    problems.push(value.reason);
    return '';
  });
  if (text.replaceAll(PLACEHOLDER, '').includes('${'))
    problems.push('has ${ without }, expected ${VAR}, or $${…} for the text itself');
  return { text: filled, isFilled, problems };
}

function resolve(inside: string, env: Environment): string | Wrong {
  if (inside.startsWith('file:')) return readValue(inside.slice('file:'.length));
  const [, name, fallback] = VARIABLE.exec(inside) ?? [];
  if (name === undefined)
    return new Wrong(
      'has a placeholder that is not understood, expected ${VAR}, ${VAR:-default} or ${file:/path}',
    );
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  // As in a shell, `:-` also stands in for a variable that is set but empty.
  if (fallback !== undefined && (value === undefined || value === '')) return fallback;
  return (
    value ??
    new Wrong(`needs the environment variable ${name}, which is not set, expected it or \${${name}:-default}`)
  );
}

/** What a file holds, without the newline that editors put at its end. */
function readValue(path: string): string | Wrong {
  const shown = JSON.stringify(path);
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return new Wrong(`names ${shown}, which is not a file, expected a readable file`);
    if (stats.size > MAX_FILE_BYTES)
      return new Wrong(`names ${shown}, which is too large, expected at most 64KiB`);
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const reason = systemCode(error) || errorText(error);
    return new Wrong(`names ${shown}, which cannot be read (${reason}), expected a readable file`);
  }
}

/** A text in which every placeholder is one plain word for a YAML parser, and the way back. */
export interface Veiled {
  readonly text: string;
  unveil(text: string): string;
}

/**
 * Hides placeholders from YAML, which would take `{ port: ${PORT} }` for two nested mappings. Each ASCII
 * character of a placeholder becomes one of Unicode's private use, so that lines and columns stay.
 */
export function veil(text: string): Veiled {
  let base = 0xe000;
  while (base < 0xf800 && hasAny(text, base)) base += 0x80;
  const shift = (part: string, from: number, to: number): string =>
    part.replaceAll(/./gs, char => {
      const code = char.charCodeAt(0) - from;
      return code >= 0x20 && code < 0x80 ? String.fromCharCode(code + to) : char;
    });
  return {
    text: text.replaceAll(PLACEHOLDER, whole => shift(whole, 0, base)),
    unveil: veiled => shift(veiled, base, 0),
  };
}

function hasAny(text: string, base: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= base && code < base + 0x80) return true;
  }
  return false;
}
