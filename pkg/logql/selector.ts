import { errorText, LcError } from '../errors/errors.ts';
import { unquoteGo } from './go-string.ts';
import { compileAnchored } from './re2.ts';

/** Labels as a selector sees them: `LabelsCOW`, or a plain map. */
export interface Labels {
  get(name: string): string | undefined;
}

/** A LogQL stream selector. */
export interface Selector {
  /** As it was written. */
  readonly text: string;
  /** Whether every matcher matches. A label that is not there is the empty string. */
  matches(labels: Labels): boolean;
}

type Operator = '=' | '!=' | '=~' | '!~';

interface Matcher {
  readonly name: string;
  readonly test: (value: string) => boolean;
}

const SPACE = /\s*/y;
const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const OPERATOR = /=~|!~|!=|=/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;

/**
 * Parses a stream selector: matchers with `=`, `!=`, `=~`, `!~` in braces, strings in double quotes or backticks.
 * Regular expressions match the whole value. As in Loki, a selector needs at least one matcher that does not
 * match the empty string; `{}` alone is everything. Throws `LC_CONFIG_INVALID`, saying at which character.
 *
 *     parseSelector('{job="varlogs", host=~"web-.*"}').matches(labels)
 */
export function parseSelector(text: string): Selector {
  const matchers = new Parser(text).parse();
  if (matchers.length > 0 && matchers.every(matcher => matcher.test(''))) {
    throw new LcError('LC_CONFIG_INVALID', {
      message: `${text}: every matcher matches streams without the label too`,
      advice: 'Add a matcher that does not match the empty string, or write {} for everything.',
    });
  }
  return { text, matches: labels => matchers.every(({ name, test }) => test(labels.get(name) ?? '')) };
}

/** Reads a selector from left to right. */
class Parser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Matcher[] {
    const matchers: Matcher[] = [];
    this.#expect(/\{/y, '"{"');
    if (this.#take(/\}/y) === undefined) {
      do matchers.push(this.#matcher());
      while (this.#take(/,/y) !== undefined);
      this.#expect(/\}/y, '"," or "}"');
    }
    this.#expect(/$/y, 'nothing after "}"');
    return matchers;
  }

  #matcher(): Matcher {
    const name = this.#expect(NAME, 'a label name');
    const operator = this.#expect(OPERATOR, '=, !=, =~ or !~') as Operator;
    const literal = this.#expect(STRING, 'a value in quotes');
    const start = this.#position - literal.length;
    const value = unquoteGo(literal);
    if (value === undefined) throw this.#error('the value has an escape that Go does not know', start);
    try {
      return { name, test: tester(operator, value) };
    } catch (error) {
      throw this.#error(errorText(error), start);
    }
  }

  /** The text that `pattern` matches here, after white space; `undefined` when it does not. */
  #take(pattern: RegExp): string | undefined {
    SPACE.lastIndex = this.#position;
    SPACE.exec(this.#text);
    pattern.lastIndex = SPACE.lastIndex;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#position = pattern.lastIndex;
    return found;
  }

  #expect(pattern: RegExp, what: string): string {
    const found = this.#take(pattern);
    if (found === undefined) throw this.#error(`expected ${what}`, SPACE.lastIndex);
    return found;
  }

  #error(what: string, position: number): LcError {
    return new LcError('LC_CONFIG_INVALID', {
      message: `${this.#text}: at character ${position + 1}: ${what}`,
      advice: 'Write a stream selector such as {job="varlogs", host=~"web-.*"}.',
    });
  }
}

/** Throws `SyntaxError` for a bad regular expression. */
function tester(operator: Operator, value: string): (value: string) => boolean {
  if (operator === '=') return text => text === value;
  if (operator === '!=') return text => text !== value;
  const matches = compileAnchored(value);
  return operator === '=~' ? matches : text => !matches(text);
}
