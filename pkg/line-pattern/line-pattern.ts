import { parsePattern } from './parse.ts';
import { type Program, programOf, type Step } from './program.ts';
import { type Assertion, type CharRange, WORD } from './syntax.ts';

/** What stands before a place, as far as assertions ask for it. */
type Before = 'start' | 'word' | 'other';

interface State {
  /** Steps to go on from, ascending. */
  readonly steps: readonly number[];
  readonly before: Before;
}

/** In the table: the way on from here is not known yet, or leads nowhere, or the pattern has matched. */
const UNKNOWN = -1;
const DEAD = -2;
const MATCHED = -3;
/** States are found as they are met; when there are so many, all are forgotten. Bounds the memory. */
const MAX_STATES = 1024;
const END = 256;
/** Bytes of UTF-8 that are not the first of a character. */
const CONTINUATION: CharRange = [0x80, 0xbf];

/**
 * A regular expression that says yes or no to a line of UTF-8 bytes, in time linear in the length of the line
 * whatever the pattern and the line are, without making a string of it. It knows what RE2 and JavaScript have in
 * common: characters, classes, groups, repetition, alternatives, `^`, `$`, `\b`; and a leading `(?i)`, for ASCII
 * letters. `\d`, `\w` and `\s` mean ASCII; the dot is any character.
 *
 *     const startsRecord = new LinePattern('^\\d{4}-');
 *     startsRecord.test(bytes, 0, bytes.length);
 *
 * Works as a deterministic automaton whose states are made when they are first needed.
 */
export class LinePattern {
  readonly #program: Program;
  /** The class of each byte and of the end: bytes of one class are the same to the pattern. */
  readonly #classes: Uint8Array;
  /** A byte of each class. */
  readonly #examples: readonly number[];
  #states: State[] = [];
  #rows = new Map<string, number>();
  /** For each state a row: for each class, the index of the row of the next state. */
  #table = new Int32Array(0);

  /** Throws `SyntaxError` for what is no pattern, and for what cannot be matched in linear time. */
  constructor(source: string) {
    this.#program = programOf(parsePattern(source));
    this.#examples = classesOf(this.#program);
    this.#classes = new Uint8Array(END);
    for (const [index, first] of this.#examples.entries()) this.#classes.fill(index, first);
    this.#begin();
  }

  /** Whether `bytes[from … to)` has a match, anywhere where the pattern does not say where. */
  test(bytes: Uint8Array, from: number, to: number): boolean {
    const classes = this.#classes;
    const end = this.#examples.length - 1;
    let table = this.#table;
    let row = 0;
    for (let at = from; at < to; at++) {
      const byteClass = classes[bytes[at]!]!;
      let next = table[row + byteClass]!;
      if (next === UNKNOWN) {
        next = this.#explore(row, byteClass);
        table = this.#table;
      }
      if (next < 0) return next === MATCHED;
      row = next;
    }
    const last = table[row + end]!;
    return (last === UNKNOWN ? this.#explore(row, end) : last) === MATCHED;
  }

  /** Begins with the first state alone. */
  #begin(): void {
    this.#states = [];
    this.#rows = new Map();
    this.#table = new Int32Array(0);
    this.#rowOf({ steps: [this.#program.start], before: 'start' });
  }

  /** Finds out where a class of bytes leads to from the state of a row, and remembers it. */
  #explore(row: number, byteClass: number): number {
    const state = this.#states[row / this.#examples.length]!;
    if (this.#states.length >= MAX_STATES) {
      this.#begin();
      return this.#next(state, byteClass);
    }
    const next = this.#next(state, byteClass);
    this.#table[row + byteClass] = next;
    return next;
  }

  #next(state: State, byteClass: number): number {
    const byte = this.#examples[byteClass]!;
    const { start, isAnchored, hasAssertions } = this.#program;
    const reached = this.#reach(state, byte);
    if (reached.some(step => step.kind === 'match')) return MATCHED;
    const next = new Set<number>(isAnchored ? [] : [start]);
    for (const step of reached) {
      if (step.kind === 'byte' && step.from <= byte && byte <= step.to) next.add(step.next);
    }
    if (byte === END || next.size === 0) return DEAD;
    const before = isWord(byte) && hasAssertions ? 'word' : 'other';
    return this.#rowOf({ steps: [...next].sort((a, b) => a - b), before });
  }

  /** The steps that can be reached from a state without taking a byte, when `byte` comes next. */
  #reach({ steps, before }: State, byte: number): Step[] {
    const seen = new Set(steps);
    const reached: Step[] = [];
    // A set is walked through in the order of insertion, with what is added on the way.
    for (const index of seen) {
      const step = this.#program.steps[index]!;
      if (step.kind === 'fork') for (const way of step.ways) seen.add(way);
      else if (step.kind !== 'assert') reached.push(step);
      else if (holds(step.assertion, before, byte)) seen.add(step.next);
    }
    return reached;
  }

  #rowOf(state: State): number {
    const key = `${state.before} ${state.steps.join()}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const width = this.#examples.length;
    const row = (this.#states.push(state) - 1) * width;
    this.#rows.set(key, row);
    if (row + width > this.#table.length) {
      const table = new Int32Array((row + width) * 2).fill(UNKNOWN);
      table.set(this.#table);
      this.#table = table;
    }
    return row;
  }
}

/** The first byte of each class, ascending; the end of the line is the last class. */
function classesOf({ steps }: Program): number[] {
  const firsts = new Set([0, END]);
  for (const [from, to] of [...WORD, CONTINUATION]) firsts.add(from).add(to + 1);
  for (const step of steps) if (step.kind === 'byte') firsts.add(step.from).add(step.to + 1);
  return [...firsts].sort((a, b) => a - b);
}

function holds(assertion: Assertion, before: Before, byte: number): boolean {
  switch (assertion) {
    case 'start':
      return before === 'start';
    case 'end':
      return byte === END;
    case 'word-boundary':
      return (before === 'word') !== isWord(byte);
    case 'no-word-boundary':
      // Not in the middle of a character.
      return (before === 'word') === isWord(byte) && !isContinuation(byte);
  }
}

function isContinuation(byte: number): boolean {
  return byte >= CONTINUATION[0] && byte <= CONTINUATION[1];
}

function isWord(byte: number): boolean {
  return WORD.some(([from, to]) => from <= byte && byte <= to);
}
