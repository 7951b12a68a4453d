import { OUTPUTS } from '../formats/entry-reader.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { LONG_AGO, type Moment } from './cursor.ts';
import { linesOf } from './engine-lines.ts';

/** A log that has been silent for so long is asked about, and again when it has been so for twice as long. */
const FIRST_MS = 60_000;
/** Before that, while the connection is young, after so long, twice as long … where it has been silent for a while. */
export const FIRST_EARLY_LOOK_MS = 5000;
export const LAST_EARLY_LOOK_MS = 40_000;
const EARLY_MS = 2500;

/**
 * The log of a container that is followed can hang, when the engine rotates it: nobody says so, it is just silent. Most
 * of all when that happens just as it begins to follow (moby up to 20.10: it listens for rotations only then).
 */
export class Silence {
  readonly #context: EngineContext;
  #nextMs = FIRST_MS;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * Whether the engine has a line younger than all that it gave on a connection that has been quiet for so long;
   * `isEarly`: the connection is young.
   */
  async hidesLines(
    container: Container,
    quietMs: number,
    highest: Moment | null,
    isEarly: boolean,
  ): Promise<boolean> {
    if (quietMs < FIRST_MS) this.#nextMs = FIRST_MS;
    if (quietMs < (isEarly ? EARLY_MS : this.#nextMs)) return false;
    if (!isEarly) this.#nextMs = quietMs * 2;
    const { sec, nanos } = highest ?? LONG_AGO;
    const last = await linesOf(this.#context, container, 'tail=1');
    return OUTPUTS.some(name => {
      const lines = last?.[name];
      return lines !== undefined && lines.firstSince(sec, nanos + 1) < lines.count;
    });
  }
}
