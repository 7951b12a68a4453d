import { type Clock, within } from '../../pkg/clock/clock.ts';
import { errorText } from '../../pkg/errors/errors.ts';
import type { Health, Monitor } from '../../pkg/types/ports.ts';
import { changesOf } from '../config/difference.ts';
import type { Logger } from '../selflog/logger.ts';
import { worstOf } from './worst-health.ts';

/** A monitor that may be exchanged for another one. */
export interface SourceMonitor extends Monitor {
  /** What it says of itself in `/api/v1/status`. */
  status(): readonly unknown[];
  /** Resolves when it has read what nobody could read after it, or is stopped. */
  finish?(): Promise<void>;
}

export interface SourceSetOptions<C, M extends SourceMonitor> {
  readonly make: (config: C) => M;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What became of the sources at a reload, by name. */
export interface SourceReport {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Those that still wait for the old one to let go: for room in the queue, or a mount that does not answer. */
  readonly waiting: readonly string[];
  /** Those that could not be started, and why; where there was an old one, it goes on. */
  readonly failed: Readonly<Record<string, string>>;
}

interface Source<C, M> {
  config: C;
  monitor: M | undefined;
  /** Its monitor is closed, and then there is no such source. */
  isLeaving: boolean;
  /** What is being done to it, one thing after the other. */
  turn: Promise<unknown>;
}

/** How long a reload waits for sources that take their time. */
const PATIENCE_MS = 5000;

/**
 * One monitor for each source, which may come, change and go while the others go on. A source is its name: what it has
 * read is remembered under it.
 */
export class SourceSet<C extends { readonly name: string }, M extends SourceMonitor> {
  readonly #options: SourceSetOptions<C, M>;
  readonly #sources = new Map<string, Source<C, M>>();
  #isStopping = false;

  constructor(configs: readonly C[], options: SourceSetOptions<C, M>) {
    this.#options = options;
    for (const config of configs)
      this.#sources.set(config.name, { ...newSource(config), monitor: options.make(config) });
  }

  /** Those at work. */
  get monitors(): readonly M[] {
    return [...this.#sources.values()].flatMap(({ monitor }) => monitor ?? []);
  }

  /** What is read, as the config says it. */
  get configs(): readonly C[] {
    return [...this.#sources.values()].filter(({ isLeaving }) => !isLeaving).map(({ config }) => config);
  }

  /** Resolves when every source reads. */
  async start(): Promise<void> {
    await Promise.all(this.monitors.map(monitor => monitor.start()));
  }

  /** No chunk is published after it resolves. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.monitors.map(monitor => monitor.stop()));
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.monitors.map(monitor => monitor.close()));
  }

  /** Reads what `next` says from now on. Sources that are the same are not touched. */
  async change(next: readonly C[]): Promise<SourceReport> {
    const { added, changed, removed } = changesOf(this.configs, next);
    const waiting = new Set([...added, ...changed, ...removed].map(({ name }) => name));
    const failed: Record<string, string> = {};
    const turns = [...waiting].map(async name => {
      const error = await this.#exchange(
        name,
        next.find(config => config.name === name),
      );
      waiting.delete(name);
      if (error !== undefined) failed[name] = error;
    });
    await within(this.#options.clock, Promise.all(turns), PATIENCE_MS);
    return {
      added: names(added),
      changed: names(changed),
      removed: names(removed),
      waiting: [...waiting],
      failed,
    };
  }

  /** The worst of each kind of monitor, by its name. */
  health(): Readonly<Record<string, Health>> {
    const byName = Map.groupBy(this.monitors, ({ name }) => name);
    return Object.fromEntries(
      [...byName].map(([name, monitors]) => [name, worstOf(monitors.map(monitor => monitor.health()))]),
    );
  }

  /** What the monitors say of themselves, one list for each kind. */
  status(): Readonly<Record<string, readonly unknown[]>> {
    const byName = Map.groupBy(this.monitors, ({ name }) => name);
    return Object.fromEntries(
      [...byName].map(([name, monitors]) => [name, monitors.flatMap(monitor => monitor.status())]),
    );
  }

  /** Puts `next` in the place of what is called `name`, when it is its turn. Resolves with what went wrong. */
  #exchange(name: string, next: C | undefined): Promise<string | undefined> {
    const source = this.#sources.get(name) ?? newSource(next!);
    this.#sources.set(name, source);
    const before = source.monitor === undefined ? undefined : source.config;
    source.isLeaving = next === undefined;
    if (next !== undefined) source.config = next;
    const exchanged = source.turn.then(async () => {
      await source.monitor?.finish?.();
      await source.monitor?.close();
      source.monitor = undefined;
      if (next !== undefined) return this.#begin(source, next, before);
      if (source.isLeaving) this.#sources.delete(name);
      return undefined;
    });
    source.turn = exchanged;
    return exchanged;
  }

  /** Starts a monitor for `config`; where that fails, one for `before`. Resolves with what went wrong. */
  async #begin(source: Source<C, M>, config: C, before: C | undefined): Promise<string | undefined> {
    if (this.#isStopping) return undefined;
    const monitor = this.#options.make(config);
    source.monitor = monitor;
    source.config = config;
    try {
      await monitor.start();
      if (this.#isStopping) await monitor.stop();
      return undefined;
    } catch (error) {
      const fields = { source: config.name, error };
      this.#options.logger.error('source.failed', 'a source cannot be started as the config says it', fields);
      await monitor.close();
      source.monitor = undefined;
      if (before !== undefined) await this.#begin(source, before, undefined);
      return errorText(error);
    }
  }
}

function newSource<C, M>(config: C): Source<C, M> {
  return { config, monitor: undefined, isLeaving: false, turn: Promise.resolve() };
}

function names(configs: readonly { readonly name: string }[]): string[] {
  return configs.map(({ name }) => name);
}
