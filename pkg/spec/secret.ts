import { inspect } from 'node:util';
import { MASK } from '../errors/mask.ts';

/**
 * A value that must not be shown. However it is printed (JSON, string, `console.log`, an error's cause) it
 * says `***`; only `reveal` gives it away, so every place that uses one can be found.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the wire. Never log what this returns. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
