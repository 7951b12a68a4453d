import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Health, Monitor, Positions, Publisher } from '../../../pkg/types/ports.ts';
import type { StreamRegistry } from '../../../pkg/types/stream.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import type { ContainerStatus } from './containers.ts';
import { type EngineContext, engineCounters } from './context.ts';
import { EngineClient } from './engine-client.ts';
import { EngineMonitor } from './engine-monitor.ts';
import { FileReads } from './file-reads.ts';
import { ownContainerIds } from './own-container.ts';
import { ContainerRules } from './rules.ts';
import type { DockerEngineConfig } from './spec.ts';

export interface DockerMonitorOptions {
  readonly engines: readonly DockerEngineConfig[];
  readonly positions: Positions;
  readonly publisher: Publisher;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Jitter of retries; default: `Math.random`. */
  readonly random?: () => number;
  /** Containers that the agent itself runs in; default: what the system says. */
  readonly ownIds?: readonly string[];
}

/** Reads the logs of the containers of all engines. */
export class DockerMonitor implements Monitor {
  readonly name = 'docker_monitor';
  readonly #options: DockerMonitorOptions;
  readonly #stopping = new AbortController();
  readonly #engines: EngineMonitor[] = [];
  readonly #measured: (() => void)[] = [];
  #health: Health;
  #stopped: Promise<void> | undefined;

  constructor(options: DockerMonitorOptions) {
    this.#options = options;
    this.#health = { status: 'ok', sinceMs: options.clock.now() };
  }

  /** Resolves when the containers of every engine that can be reached are known and being read. */
  async start(): Promise<void> {
    const { engines, ownIds = ownContainerIds() } = this.#options;
    for (const config of engines) {
      const rules = new ContainerRules(config, ownIds);
      const engine = new EngineMonitor(this.#contextOf(config, rules), rules);
      this.#engines.push(engine);
      this.#measure(config.name, engine);
    }
    await Promise.all(this.#engines.map(engine => engine.start()));
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= Promise.all(this.#engines.map(engine => engine.stop())).then(() => undefined);
    return this.#stopped;
  }

  async close(): Promise<void> {
    await this.stop();
    for (const forget of this.#measured.splice(0)) forget();
  }

  health(): Health {
    const reason = this.#engines.map(engine => engine.failure()).find(each => each !== undefined);
    const status = reason === undefined ? 'ok' : 'degraded';
    if (status !== this.#health.status) this.#health = { status, sinceMs: this.#options.clock.now() };
    return reason === undefined ? this.#health : { ...this.#health, reason };
  }

  /** Every container that the engines have, read or not, for `explain` and the status page. */
  status(): ContainerStatus[] {
    return this.#engines.flatMap(engine => engine.status());
  }

  /** The containers that `target` means: a name, or an id or the beginning of one. */
  explain(target: string): ContainerStatus[] {
    const isId = /^[0-9a-f]{4,64}$/.test(target);
    return this.status().filter(({ name, id }) => name === target || (isId && id.startsWith(target)));
  }

  #measure(source: string, { containers }: EngineMonitor): void {
    const { metrics } = this.#options;
    const watched = metrics.gauge('containers_watched', { source });
    const end = metrics.onCollect(() => watched.set(containers.watched));
    this.#measured.push(() => {
      end();
      metrics.forget(['containers_watched'], { source });
    });
  }

  #contextOf(config: DockerEngineConfig, rules: ContainerRules): EngineContext {
    const { positions, publisher, streams, clock, logger, metrics, random = Math.random } = this.#options;
    return {
      ...{ config, positions, publisher, streams, clock, random },
      fileReads: new FileReads(),
      client: new EngineClient(config, clock, label => rules.asksFor(label)),
      logger: logger.child({ source: config.name }),
      counters: engineCounters(metrics, config.name),
      stopping: this.#stopping.signal,
    };
  }
}
