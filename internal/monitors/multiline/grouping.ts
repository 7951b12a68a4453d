import { LinePattern } from '../../../pkg/line-pattern/line-pattern.ts';

/**
 * Says which lines belong together. It is asked once for each line, in order, and decides by this line and those
 * of the same record: where a record begins is all it needs to know to say the same again.
 */
export interface Grouping {
  /**
   * Whether the line at `spans[i … i + 1]` belongs to the record of the line before it. With `isApart` it cannot: it
   * is the first, or something stands between the two, or the record is full.
   */
  follows(bytes: Uint8Array, spans: Uint32Array, i: number, isApart: boolean): boolean;
  /** Whether a line may follow that belongs to the record of the last one, the line at `i`. */
  isOpen(bytes: Uint8Array, spans: Uint32Array, i: number): boolean;
}

/** A record begins at every line that matches. */
export class StartGrouping implements Grouping {
  readonly #start: LinePattern;

  /** Throws `SyntaxError` for a pattern that cannot be matched in linear time. */
  constructor(start: string) {
    this.#start = new LinePattern(start);
  }

  follows(bytes: Uint8Array, spans: Uint32Array, i: number, isApart: boolean): boolean {
    return !isApart && !this.#start.test(bytes, spans[i]!, spans[i + 1]!);
  }

  isOpen(): boolean {
    return true;
  }
}

/** What may come after a state, and the state that it leads to. */
export type Rules = Readonly<Record<string, readonly (readonly [pattern: string, to: string])[]>>;

/** How stack traces of a language look. */
export interface Traces {
  /** The line with which one begins, or that may be the first of a record: only asked where the next line fits. */
  readonly begin: string;
  /** The rules of each state; `begun` is that after the first line. A state without rules ends the trace. */
  readonly rules: Rules;
}

interface TraceState {
  /** Whether any of the rules applies: the only thing that is asked of an ordinary line. */
  readonly any: LinePattern;
  readonly rules: readonly { readonly pattern: LinePattern; readonly to: string }[];
}

/** Stack traces become one record each; every other line is one by itself. */
export class TraceGrouping implements Grouping {
  readonly #begin: LinePattern;
  readonly #states: ReadonlyMap<string, TraceState>;
  readonly #begun: TraceState;
  /** `undefined` after a line of which nobody has asked yet whether a trace begins with it. */
  #state: TraceState | 'ended' | undefined;

  constructor({ begin, rules }: Traces) {
    this.#begin = new LinePattern(begin);
    this.#states = new Map(Object.entries(rules).map(([name, each]) => [name, stateOf(each)]));
    this.#begun = this.#states.get('begun')!;
  }

  follows(bytes: Uint8Array, spans: Uint32Array, i: number, isApart: boolean): boolean {
    const state = isApart ? 'ended' : (this.#state ?? this.#begun);
    const isKnown = this.#state !== undefined;
    this.#state = undefined;
    if (state === 'ended' || !state.any.test(bytes, spans[i]!, spans[i + 1]!)) return false;
    if (!isKnown && !this.#begin.test(bytes, spans[i - 2]!, spans[i - 1]!)) return false;
    const rule = state.rules.find(({ pattern }) => pattern.test(bytes, spans[i]!, spans[i + 1]!))!;
    this.#state = this.#states.get(rule.to) ?? 'ended';
    return true;
  }

  isOpen(bytes: Uint8Array, spans: Uint32Array, i: number): boolean {
    if (this.#state === undefined) return this.#begin.test(bytes, spans[i]!, spans[i + 1]!);
    return this.#state !== 'ended';
  }
}

function stateOf(rules: Rules[string]): TraceState {
  return {
    any: new LinePattern(rules.map(([pattern]) => `(?:${pattern})`).join('|')),
    rules: rules.map(([pattern, to]) => ({ pattern: new LinePattern(pattern), to })),
  };
}
