import { isSystemError } from './identity.ts';
import { displayPath } from './paths.ts';
import type { SourceContext } from './source.ts';

/**
 * Looks at files one after the other: whatever changes what is known of where files are is done here, so that a
 * rename, which touches two paths, is understood in either order. What is asked for twice before its turn is done
 * once. Begins when it is told, and ends when the agent stops.
 */
export class LookQueue {
  readonly #context: Pick<SourceContext, 'stopping' | 'counters' | 'logger' | 'clock'>;
  readonly #looks = new Map<unknown, { readonly path: string; readonly look: () => Promise<void> }>();
  #isStarted = false;
  #isRunning = false;
  #last: Promise<void> = Promise.resolve();
  /** When the look that is under way began, on the monotonic clock. */
  #sinceMs: number | undefined;

  constructor(context: Pick<SourceContext, 'stopping' | 'counters' | 'logger' | 'clock'>) {
    this.#context = context;
  }

  /** Has `look` done; it takes the place of one with the same key that waits. `path` is for its error. */
  add(key: unknown, path: string, look: () => Promise<void>): void {
    if (this.#context.stopping.aborted) return;
    this.#looks.set(key, { path, look });
    this.#go();
  }

  start(): void {
    this.#isStarted = true;
    this.#go();
  }

  /** Forgets what waits; resolves when no look is under way. */
  async stop(): Promise<void> {
    this.#looks.clear();
    await this.#last;
  }

  /** How long the look that is under way has taken. */
  get busyMs(): number {
    return this.#sinceMs === undefined ? 0 : this.#context.clock.monotonicMs() - this.#sinceMs;
  }

  /** Where the file system refuses, what is known of a path stays as it is, until somebody looks again. */
  async attempt<T>(path: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const { counters, logger } = this.#context;
      counters.unreadable.inc();
      logger.warn('file.unreadable', `cannot look at a file: ${error.message}`, { path: displayPath(path) });
      return undefined;
    }
  }

  #go(): void {
    if (!this.#isStarted || this.#isRunning || this.#looks.size === 0) return;
    this.#isRunning = true;
    this.#last = this.#run();
  }

  async #run(): Promise<void> {
    for (const [key, { path, look }] of this.#looks) {
      this.#looks.delete(key);
      this.#sinceMs = this.#context.clock.monotonicMs();
      await this.attempt(path, look);
      this.#sinceMs = undefined;
    }
    this.#isRunning = false;
  }
}
