import {
  ANY,
  type Assertion,
  anyCase,
  type CharRange,
  DIGIT,
  inverted,
  MAX_CODE_POINT,
  SPACE,
  type Syntax,
  WORD,
} from './syntax.ts';

const MAX_REPEATS = 1000;
const MAX_DEPTH = 100;

const CLASSES: ReadonlyMap<string, readonly CharRange[]> = new Map([
  ['d', DIGIT],
  ['D', inverted(DIGIT)],
  ['s', SPACE],
  ['S', inverted(SPACE)],
  ['w', WORD],
  ['W', inverted(WORD)],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
]);
const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['b', 'word-boundary'],
  ['B', 'no-word-boundary'],
]);

/** Reads a pattern. Throws `SyntaxError` for what it does not know, and for what no linear engine can do. */
export function parsePattern(source: string): Syntax {
  return new Parser(source).parse();
}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;
  #ignoresCase = false;

  constructor(source: string) {
    this.#chars = [...source];
  }

  parse(): Syntax {
    if (this.#takeText('(?i)')) this.#ignoresCase = true;
    const syntax = this.#choice();
    if (this.#at < this.#chars.length) throw new SyntaxError('")" without "("');
    return syntax;
  }

  #choice(): Syntax {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError('groups are nested too deep');
    const items = [this.#sequence()];
    while (this.#take('|')) items.push(this.#sequence());
    this.#depth--;
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  }

  #sequence(): Syntax {
    const items: Syntax[] = [];
    for (;;) {
      const char = this.#chars[this.#at];
      if (char === undefined || char === '|' || char === ')') return { kind: 'sequence', items };
      items.push(this.#repeated(this.#item()));
    }
  }

  #item(): Syntax {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'chars', ranges: this.#charClass() };
      case '.':
        return { kind: 'chars', ranges: ANY };
      case '^':
        return { kind: 'assert', assertion: 'start' };
      case '$':
        return { kind: 'assert', assertion: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new SyntaxError(`nothing to repeat before "${char}"`);
      case '{':
        throw new SyntaxError('"{" without anything to repeat, expected \\{ for the character');
      default:
        return this.#oneOf(single(char.codePointAt(0)!));
    }
  }

  #group(): Syntax {
    if (this.#take('?')) this.#groupKind();
    const inner = this.#choice();
    if (!this.#take(')')) throw new SyntaxError('"(" without ")"');
    return inner;
  }

  /** After `(?`: groups with a name or none are groups like any other. */
  #groupKind(): void {
    if (this.#take(':')) return;
    if (this.#takeText('<=') || this.#takeText('<!') || this.#take('=') || this.#take('!')) {
      throw new SyntaxError('looking ahead or behind is not supported: it cannot be done in linear time');
    }
    this.#take('P');
    if (!this.#take('<')) throw new SyntaxError('unknown kind of group; (?i) may only begin a pattern');
    while (this.#next() !== '>');
  }

  #repeated(item: Syntax): Syntax {
    let syntax = item;
    for (let times = this.#times(); times !== undefined; times = this.#times()) {
      if (syntax !== item) throw new SyntaxError('two repetitions in a row');
      syntax = { kind: 'repeat', item, ...times };
      // How much is taken first does not change whether there is a match.
      this.#take('?');
    }
    return syntax;
  }

  #times(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return undefined;
    const min = this.#number();
    let max = min;
    if (this.#take(',')) max = this.#chars[this.#at] === '}' ? Number.POSITIVE_INFINITY : this.#number();
    if (!this.#take('}') || max < min) throw new SyntaxError('expected {n}, {n,} or {n,m}');
    if (min > MAX_REPEATS || (max > MAX_REPEATS && max !== Number.POSITIVE_INFINITY))
      throw new SyntaxError(`more than ${MAX_REPEATS} repetitions`);
    return { min, max };
  }

  #number(): number {
    let digits = '';
    while (/^\d$/.test(this.#chars[this.#at] ?? '')) digits += this.#next();
    if (digits === '') throw new SyntaxError('expected {n}, {n,} or {n,m}');
    return Number(digits);
  }

  #escape(): Syntax {
    const assertion = ASSERTIONS.get(this.#chars[this.#at] ?? '');
    if (assertion === undefined) return this.#oneOf(this.#escapedChars());
    this.#at++;
    return { kind: 'assert', assertion };
  }

  /** After a backslash: one character, or a class of them. */
  #escapedChars(): readonly CharRange[] {
    const char = this.#next();
    const control = CONTROLS.get(char);
    if (control !== undefined) return single(control);
    if (char === 'x') return single(this.#take('{') ? this.#hex(6, '}') : this.#hex(2));
    if (char === 'u') return single(this.#take('{') ? this.#hex(6, '}') : this.#hex(4));
    if (/^[1-9k]$/.test(char)) {
      throw new SyntaxError('references to groups are not supported: they cannot be done in linear time');
    }
    const known = CLASSES.get(char);
    if (known !== undefined) return known;
    if (/^[a-zA-Z0-9]$/.test(char)) throw new SyntaxError(`unknown escape \\${char}`);
    return single(char.codePointAt(0)!);
  }

  #hex(digits: number, closedBy?: string): number {
    let text = '';
    while (text.length < digits && /^[0-9a-fA-F]$/.test(this.#chars[this.#at] ?? '')) text += this.#next();
    const isWhole = closedBy === undefined ? text.length === digits : text !== '' && this.#take(closedBy);
    const code = Number.parseInt(text, 16);
    if (!isWhole || code > MAX_CODE_POINT) throw new SyntaxError('wrong number of a character');
    return code;
  }

  /** After `[`. */
  #charClass(): readonly CharRange[] {
    const isInverted = this.#take('^');
    const ranges: CharRange[] = [];
    if (this.#chars[this.#at] === ']')
      throw new SyntaxError('"[" with nothing in it, expected \\] for the character');
    while (!this.#take(']')) {
      if (this.#takeText('[:')) throw new SyntaxError('classes such as [:alpha:] are not supported');
      const from = this.#classItem();
      const isRange = this.#chars[this.#at] === '-' && this.#chars[this.#at + 1] !== ']';
      if (!isRange) {
        ranges.push(...from);
        continue;
      }
      this.#at++;
      ranges.push(rangeOf(from, this.#classItem()));
    }
    // Before it is inverted: what is not a letter is neither form of it.
    const cased = this.#ignoresCase ? anyCase(ranges) : ranges;
    return isInverted ? inverted(cased) : cased;
  }

  #classItem(): readonly CharRange[] {
    if (!this.#take('\\')) return single(this.#next().codePointAt(0)!);
    if (this.#take('b')) return single(8);
    return this.#escapedChars();
  }

  #oneOf(ranges: readonly CharRange[]): Syntax {
    return { kind: 'chars', ranges: this.#ignoresCase ? anyCase(ranges) : ranges };
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new SyntaxError('it ends too early');
    return char;
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #takeText(text: string): boolean {
    if (this.#chars.slice(this.#at, this.#at + text.length).join('') !== text) return false;
    this.#at += text.length;
    return true;
  }
}

function single(code: number): CharRange[] {
  return [[code, code]];
}

function rangeOf(from: readonly CharRange[], to: readonly CharRange[]): CharRange {
  const [low, high] = [from[0]!, to[0]!];
  const isRange = from.length === 1 && to.length === 1 && low[0] === low[1] && high[0] === high[1];
  if (!isRange || low[0] > high[0]) throw new SyntaxError('wrong range of characters');
  return [low[0], high[0]];
}
