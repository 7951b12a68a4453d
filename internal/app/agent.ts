import { join, resolve } from 'node:path';
import { type Clock, systemClock, within } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import { WatchedFs } from '../../pkg/fsx/watched-fs.ts';
import type { Failure } from '../../pkg/types/outcome.ts';
import type { Component } from '../../pkg/types/ports.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { type Config, maskedConfig } from '../config/config.ts';
import { changedKeys, takenOver } from '../config/difference.ts';
import type { LoadResult } from '../config/load.ts';
import { Dispatcher, type Leftover } from '../dispatcher/dispatcher.ts';
import type { CopyMode } from '../dispatcher/lane-options.ts';
import { PriorityGate } from '../dispatcher/priority-gate.ts';
import { answerListing, answerOrder } from '../dlq/api.ts';
import { DeadLetterQueue } from '../dlq/dead-letter-queue.ts';
import { collectProcessMetrics } from '../metrics/process-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { PositionStore } from '../positions/store.ts';
import type { Logger } from '../selflog/logger.ts';
import type { SelfLog } from '../selflog/self-log.ts';
import type { LetterOrder } from '../server/routes.ts';
import { ApiServer } from '../server/server.ts';
import { AgentReport } from './agent-report.ts';
import { memoryNotice, withinMemory } from './memory-budget.ts';
import { Reloader, type ReloadReport } from './reloader.ts';
import { SinkSet } from './sink-set.ts';
import { isArchive, makeLanes } from './sinks.ts';
import { SourceSet } from './source-set.ts';
import { makeSource, type Sources, sourceConfigs } from './sources.ts';
import { version } from './version.ts';

export interface AgentOptions {
  readonly config: Config;
  readonly selfLog: SelfLog;
  /** Reads the config again, for a reload. */
  readonly load: () => LoadResult;
  /** A reload begins, or has ended. */
  readonly onReload: (isUnderWay: boolean) => void;
  /** A sink with `error_strategy: fail_fast` failed: the agent should be drained and the process end as failed. */
  readonly onFailFast: (sink: string, failure: Failure) => void;
  /** Called when an invariant broke; the process should end at once. */
  readonly onFatal: (error: unknown) => void;
  readonly clock?: Clock;
  /** Verify every batch that is lent to a sink; tests do. */
  readonly checkLending?: boolean;
}

/** Sources that were told to stop have so long to give back what they hold. */
const CLOSE_MS = 1_000;

/**
 * The whole house, wired: the only place where its parts meet. Constructed without any I/O; `start` goes from the
 * last stop to the first, so that nobody is handed a chunk before he can pass it on, `drain` from the first to the last.
 */
export class Agent {
  readonly report: AgentReport;
  #config: Config;
  readonly #options: AgentOptions;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #metrics = new MetricsRegistry();
  readonly #positions: PositionStore;
  readonly #deadLetters: DeadLetterQueue;
  readonly #dispatcher: Dispatcher;
  readonly #sinks: SinkSet;
  readonly #sources: Sources;
  readonly #server: ApiServer | undefined;
  readonly #reloader: Reloader;
  #stopProcessMetrics: (() => void) | undefined;
  #isReady = false;
  #closing: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    const { clock = systemClock } = options;
    const logger = options.selfLog.root;
    const config = withinMemory(options.config, process.constrainedMemory());
    const notice = memoryNotice(options.config, config, process.constrainedMemory());
    if (notice !== undefined) logger.warn('agent.memory', notice);
    this.#config = config;
    this.#options = options;
    this.#logger = logger;
    this.#clock = clock;
    const metrics = this.#metrics;
    const stateDir = resolve(config.stateDir);
    const streams = new StreamRegistry();
    const [positionsFs, lettersFs] = [new WatchedFs(nodeFs, clock), new WatchedFs(nodeFs, clock)];
    const common = { clock, logger, metrics, streams };
    this.#positions = new PositionStore({ ...common, dir: join(stateDir, 'positions'), fs: positionsFs });
    const lettersDir = join(stateDir, 'dlq');
    this.#deadLetters = new DeadLetterQueue({
      ...common,
      dir: lettersDir,
      config: config.dlq,
      fs: lettersFs,
    });
    const sinkDeps = { clock, logger, metrics };
    const bounds = { records: config.dispatcher.queueSize, bytes: config.dispatcher.queueBytes };
    this.#dispatcher = new Dispatcher({
      ...{ lanes: makeLanes(config, sinkDeps), clock, logger, metrics, deadLetters: this.#deadLetters },
      ...{ onFailFast: options.onFailFast, onFatal: options.onFatal, bounds },
      checkLending: options.checkLending ?? false,
    });
    this.#sinks = new SinkSet(config, this.#dispatcher.lanes, sinkDeps);
    const make = makeSource({
      ...{
        ...common,
        positions: this.#positions,
        gate: new PriorityGate(this.#dispatcher, bounds),
        ownPaths: [stateDir],
      },
      isOwn: path => isArchive(this.#config, path),
    });
    this.#sources = new SourceSet(sourceConfigs(config), { make, clock, logger });
    this.#server = config.server.enabled ? this.#makeServer() : undefined;
    const apply = (next: Config): Promise<ReloadReport> =>
      this.#apply(withinMemory(next, process.constrainedMemory()));
    this.#reloader = new Reloader({
      ...{ load: options.load, apply, logger, metrics, now: () => clock.now() },
      onReload: options.onReload,
    });
    this.report = new AgentReport({
      ...{ clock, dispatcher: this.#dispatcher, sources: this.#sources, reloader: this.#reloader },
      writers: [
        { part: this.#positions, fs: positionsFs },
        { part: this.#deadLetters, fs: lettersFs },
      ],
      ...{ streams, deadLetters: this.#deadLetters, recent: options.selfLog.recent },
    });
  }

  /** Where the server listens, once started. */
  get serverUrl(): string | undefined {
    const address = this.#server?.address;
    if (address === undefined) return undefined;
    return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  }

  /** Records that were read and are not settled, per sink. */
  unsettled(): Leftover {
    return this.#dispatcher.unsettled();
  }

  /** Starts everything; when a part cannot start, closes what had started and rejects with that part's error. */
  async start(): Promise<void> {
    this.#stopProcessMetrics = collectProcessMetrics(this.#metrics, { version: version() });
    try {
      for (const component of this.#components()) {
        if (this.#closing !== undefined) return;
        await component.start();
      }
      // Known from now on, also to the next one after a kill.
      await this.#positions.flush();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#isReady = true;
    const facts = { version: version(), server: this.serverUrl ?? 'off' };
    this.#logger.info('agent.ready', 'log-capturer is running', facts);
  }

  /**
   * Stops reading, sends what was read, and writes the positions; at the deadline what is left becomes dead letters,
   * which are sent at the next start. Resolves with what was left, per sink.
   */
  async drain(): Promise<Leftover> {
    this.#isReady = false;
    const deadlineMs = this.#clock.monotonicMs() + this.#config.dispatcher.shutdownTimeoutMs;
    const leftMs = (): number => deadlineMs - this.#clock.monotonicMs();
    await within(this.#clock, this.#reloader.stop(), leftMs());
    await within(this.#clock, this.#sources.stop(), leftMs());
    const leftover = await this.#dispatcher.drain(deadlineMs);
    await this.close();
    return leftover;
  }

  /** Reads the config again and runs on it, as far as that can be done without a restart. Never rejects. */
  reload(): Promise<ReloadReport> {
    return this.#reloader.reload();
  }

  /** Ends at once, from any state. Safe by I1: what was not settled is read again. */
  close(): Promise<void> {
    this.#isReady = false;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopProcessMetrics?.();
    await this.#dispatcher.close();
    for (const component of this.#components().toReversed()) {
      // A mount that hangs keeps what reads it.
      if (component === this.#sources) await within(this.#clock, component.close(), CLOSE_MS);
      else await component.close();
    }
  }

  /** In order of start. */
  #components(): Pick<Component, 'start' | 'close'>[] {
    const server = this.#server === undefined ? [] : [this.#server];
    return [
      this.#positions,
      this.#deadLetters,
      ...this.#sinks.all,
      this.#dispatcher,
      this.#sources,
      ...server,
    ];
  }

  /** Sinks first: where one is mended, what waits for it flows, and sources that wait for room can let go. */
  async #apply(next: Config): Promise<ReloadReport> {
    if (!this.#isReady) throw new Error('the agent is starting or stopping');
    const { live, start } = changedKeys(this.#config, next);
    const config = takenOver(this.#config, next);
    const prepared = await this.#sinks.prepare(config);
    const sinks = await prepared.commit();
    this.#config = config;
    const sources = await this.#sources.change(sourceConfigs(config));
    this.#options.selfLog.configure(config.log);
    this.#server?.setToken(config.server.token);
    const isChanged = [sinks, sources].some(
      ({ added, changed, removed }) => added.length + changed.length + removed.length > 0,
    );
    const result = isChanged || live.length > 0 ? 'applied' : 'unchanged';
    return { result, sources, sinks, applied: live, needs_restart: start };
  }

  #makeServer(): ApiServer {
    const agent = {
      health: () => this.report.health(),
      isReady: () => this.#isReady,
      status: () => this.report.status(),
      explain: (target: string) => this.report.explain(target),
      config: () => maskedConfig(this.#config),
      reload: () => this.reload(),
      setCopyMode: (mode: CopyMode) => this.#dispatcher.setCopyMode(mode),
      listLetters: (body: string) => answerListing(this.#deadLetters, body),
      orderLetters: async (order: LetterOrder, body: string) => {
        const reply = await answerOrder(this.#deadLetters, order, body);
        this.#dispatcher.wake();
        return reply;
      },
    };
    const parts = { agent, metrics: this.#metrics, log: this.#logger, clock: this.#clock };
    return new ApiServer(this.#config.server, parts);
  }
}
