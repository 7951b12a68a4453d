import type { Assertion, CharRange, Syntax } from './syntax.ts';
import { utf8Sequences } from './utf8-sequences.ts';

/** One step of a nondeterministic automaton over bytes; the numbers are indices of other steps. */
export type Step =
  | { readonly kind: 'byte'; readonly from: number; readonly to: number; readonly next: number }
  | { readonly kind: 'fork'; readonly ways: readonly number[] }
  | { readonly kind: 'assert'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'match' };

/** A pattern as an automaton. */
export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
  /** It can only match at the beginning. */
  readonly isAnchored: boolean;
  readonly hasAssertions: boolean;
}

/** What a line costs grows with the number of steps, so a pattern that needs more is refused. */
const MAX_STEPS = 5000;

/** Turns a pattern into an automaton. Throws `SyntaxError` where it becomes too large. */
export function programOf(syntax: Syntax): Program {
  const steps: Step[] = [{ kind: 'match' }];
  const start = new Builder(steps).build(syntax, 0);
  const hasAssertions = steps.some(({ kind }) => kind === 'assert');
  return { steps, start, isAnchored: isAnchored(syntax), hasAssertions };
}

/** Builds from the end to the beginning: each part knows what comes after it. */
class Builder {
  readonly #steps: Step[];

  constructor(steps: Step[]) {
    this.#steps = steps;
  }

  /** The step with which `syntax`, followed by the step `next`, begins. */
  build(syntax: Syntax, next: number): number {
    switch (syntax.kind) {
      case 'chars':
        return this.#fork(this.#chars(syntax.ranges, next));
      case 'assert':
        return this.#add({ kind: 'assert', assertion: syntax.assertion, next });
      case 'sequence':
        return syntax.items.reduceRight((after, item) => this.build(item, after), next);
      case 'choice':
        return this.#fork(syntax.items.map(item => this.build(item, next)));
      case 'repeat':
        return this.#repeat(syntax.item, syntax.min, syntax.max, next);
    }
  }

  #chars(ranges: readonly CharRange[], next: number): number[] {
    return ranges
      .flatMap(utf8Sequences)
      .map(sequence =>
        sequence.reduceRight((after, [from, to]) => this.#add({ kind: 'byte', from, to, next: after }), next),
      );
  }

  #repeat(item: Syntax, min: number, max: number, next: number): number {
    let at = max === Number.POSITIVE_INFINITY ? this.#loop(item, next) : next;
    for (let i = min; i < max && max !== Number.POSITIVE_INFINITY; i++) {
      at = this.#fork([this.build(item, at), next]);
    }
    for (let i = 0; i < min; i++) at = this.build(item, at);
    return at;
  }

  #loop(item: Syntax, next: number): number {
    const ways = [next];
    const loop = this.#add({ kind: 'fork', ways });
    ways.push(this.build(item, loop));
    return loop;
  }

  #fork(ways: readonly number[]): number {
    return ways.length === 1 ? ways[0]! : this.#add({ kind: 'fork', ways });
  }

  #add(step: Step): number {
    if (this.#steps.length === MAX_STEPS) throw new SyntaxError('it is too large');
    return this.#steps.push(step) - 1;
  }
}

/** Whether every way through begins with `^`. */
function isAnchored(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'assert':
      return syntax.assertion === 'start';
    case 'sequence':
      return syntax.items[0] !== undefined && isAnchored(syntax.items[0]);
    case 'choice':
      return syntax.items.every(isAnchored);
    case 'repeat':
      return syntax.min > 0 && isAnchored(syntax.item);
    case 'chars':
      return false;
  }
}
