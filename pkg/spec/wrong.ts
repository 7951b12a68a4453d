import { nearest } from './nearest.ts';

/** Why a text was not understood, in words that follow the name of the key: `is not closed`. */
export class Wrong {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** The parts of a zod issue that messages are made of. */
interface Issue {
  readonly code?: string | undefined;
  readonly input?: unknown;
  /** The type that was wanted, in zod's words. */
  readonly expected?: string | undefined;
  readonly keys?: readonly string[];
}

/**
 * The message for every issue of a type: what is wrong, what is expected. Values are never repeated in it,
 * for any of them may hold a secret from the environment.
 */
export function expected(expects: string): (issue: Issue) => string {
  return issue => `${wrongWith(issue)}, expected ${expects}`;
}

/** The message for a value that is none of `known`; names the nearest. */
export function expectedOneOf(known: readonly string[]): (issue: Issue) => string {
  const expects = known.join(' | ');
  return issue => {
    const near = typeof issue.input === 'string' ? nearest(issue.input, known) : undefined;
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
    return `${wrongWith(issue)}, expected ${expects}${hint}`;
  };
}

/** The message for a block: unknown keys one a line, in the order of `issue.keys`. */
export function expectedKeys(known: readonly string[]): (issue: Issue) => string {
  const notABlock = expected(`a mapping with the keys ${known.join(', ')}`);
  return issue =>
    issue.code === 'unrecognized_keys'
      ? (issue.keys ?? []).map(key => unknownKey(key, known)).join('\n')
      : notABlock(issue);
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined
    ? `unknown key, expected one of ${known.join(', ')}`
    : `unknown key, expected ${near} (the nearest known one)`;
}

/** What a value is, in a word. */
function kindOf(value: unknown): string {
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return 'a boolean';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
    ? 'a mapping'
    : 'a text';
}

function wrongWith(issue: Issue): string {
  if (issue.input === undefined) return 'missing';
  if (issue.input === null || issue.input === '') return 'is empty';
  switch (issue.code) {
    case 'too_small':
      return Array.isArray(issue.input) ? 'has too few entries' : 'is too small';
    case 'too_big':
      return Array.isArray(issue.input) ? 'has too many entries' : 'is too large';
    case 'invalid_value':
      return typeof issue.input === 'string' ? 'is not a known value' : `is ${kindOf(issue.input)}`;
    default:
      return isFraction(issue) ? 'is not whole' : `is ${kindOf(issue.input)}`;
  }
}

function isFraction({ code, input, expected }: Issue): boolean {
  const wantsNumber = code === 'invalid_union' || expected === 'int' || expected === 'number';
  return wantsNumber && typeof input === 'number' && !Number.isInteger(input);
}
