import { delay, type Timer } from '../../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../../pkg/errors/errors.ts';
import { type ContainerStatus, Containers } from './containers.ts';
import type { EngineContext } from './context.ts';
import { readEvents } from './events.ts';
import type { ContainerRules } from './rules.ts';

/** Events can be missed. */
const LIST_EVERY_MS = 60_000;
/** An engine that is away is asked for again after this at most. */
const LONGEST_ABSENCE_MS = 5000;
const FIRST_ABSENCE_MS = 100;

/** One engine at work: its events and lists tell what containers there are. */
export class EngineMonitor {
  readonly containers: Containers;
  readonly #context: EngineContext;
  readonly #firstTry = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #failure: string | undefined;

  constructor(context: EngineContext, rules: ContainerRules) {
    this.#context = context;
    this.containers = new Containers(context, rules);
  }

  /** Resolves when the containers are known and being read, or the engine cannot be reached for the time being. */
  start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#firstTry.promise;
  }

  /** No chunk is published after it resolves. */
  async stop(): Promise<void> {
    await this.containers.stop();
    await this.#running;
  }

  /** Why the engine, or the log of a container, cannot be read at present; `undefined` when all is well. */
  failure(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    return this.containers.failure();
  }

  status(): ContainerStatus[] {
    return this.containers.status();
  }

  async #run(): Promise<void> {
    const { stopping, clock, random } = this.#context;
    for (let failures = 0; !stopping.aborted; ) {
      try {
        await this.#watch(() => {
          failures = 0;
        });
      } catch (error) {
        this.#lost(error);
      }
      this.#firstTry.resolve();
      const ceilingMs = Math.min(LONGEST_ABSENCE_MS, FIRST_ABSENCE_MS * 2 ** failures++);
      await delay(clock, random() * ceilingMs, stopping);
    }
  }

  /** From one connection to the engine to its end. */
  async #watch(onReached: () => void): Promise<void> {
    const { client, stopping, clock } = this.#context;
    await client.connect();
    const ended = new AbortController();
    let timer: Timer | undefined;
    try {
      // First the events, so that nothing is missed between the list and them.
      const events = await client.events(AbortSignal.any([stopping, ended.signal]));
      const isOver = readEvents(events, id => void this.containers.look(id).catch(each => ended.abort(each)));
      await this.containers.reconcile();
      this.#reached();
      onReached();
      timer = clock.every(LIST_EVERY_MS, () => {
        this.containers.reconcile().catch(error => ended.abort(error));
      });
      await isOver;
      if (ended.signal.aborted) throw ended.signal.reason;
    } finally {
      timer?.clear();
      ended.abort();
    }
  }

  #reached(): void {
    const { logger, config } = this.#context;
    if (this.#failure !== undefined)
      logger.info('docker.engine', 'the engine is back', { host: config.host });
    this.#failure = undefined;
    this.#firstTry.resolve();
    this.containers.reconnected();
  }

  #lost(error: unknown): void {
    if (this.#context.stopping.aborted) return;
    if (!(error instanceof LcError)) throw error;
    const reason = errorText(error);
    if (this.#failure !== reason) {
      this.#context.logger.warn('docker.engine', reason, { code: error.code, advice: error.advice });
    }
    this.#failure = reason;
  }
}
