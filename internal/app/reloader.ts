import { errorText } from '../../pkg/errors/errors.ts';
import type { Config } from '../config/config.ts';
import type { LoadResult } from '../config/load.ts';
import { formatError } from '../config/problem.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../selflog/logger.ts';
import type { SinkReport } from './sink-set.ts';
import type { SourceReport } from './source-set.ts';

/** What a reload did; the answer of `POST /api/v1/reload`. */
export type ReloadReport =
  /** The agent goes on as it was. */
  | { readonly result: 'failed'; readonly errors: readonly string[] }
  | {
      readonly result: 'applied' | 'unchanged';
      readonly sources: SourceReport;
      readonly sinks: SinkReport;
      /** Keys outside of sources and sinks that took effect. */
      readonly applied: readonly string[];
      /** Keys that differ from what the agent runs with, and do so until it is restarted. */
      readonly needs_restart: readonly string[];
    };

export interface ReloaderOptions {
  /** Reads the config again. */
  readonly load: () => LoadResult;
  /** Makes the agent run on `config`; rejects, and changes nothing, where that cannot be done. */
  readonly apply: (config: Config) => Promise<ReloadReport>;
  /** One begins, or has ended. */
  readonly onReload: (isUnderWay: boolean) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/** Reads the config again when asked to: one reload at a time, and one more for all that asked meanwhile. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #running: Promise<ReloadReport> | undefined;
  #next: Promise<ReloadReport> | undefined;
  #last: { readonly at: string; readonly report: ReloadReport } | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    options.metrics.gauge('config_last_reload_successful').set(1);
    for (const result of ['success', 'failure']) options.metrics.counter('config_reloads_total', { result });
  }

  /** The last one, for `/api/v1/status`. */
  get last(): object | undefined {
    return this.#last;
  }

  /** Never rejects. Who asks while one is under way gets the next one: the file may have changed since it was read. */
  reload(): Promise<ReloadReport> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  /** Resolves when no reload is under way. */
  async stop(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #start(): Promise<ReloadReport> {
    this.#running = this.#reload().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #reload(): Promise<ReloadReport> {
    const { now, metrics, onReload } = this.#options;
    onReload(true);
    const report = await this.#attempt();
    onReload(false);
    const isFailed = report.result === 'failed';
    metrics.counter('config_reloads_total', { result: isFailed ? 'failure' : 'success' }).inc();
    metrics.gauge('config_last_reload_successful').set(isFailed ? 0 : 1);
    this.#last = { at: new Date(now()).toISOString(), report };
    this.#tell(report);
    return report;
  }

  async #attempt(): Promise<ReloadReport> {
    const { load, apply } = this.#options;
    const loaded = load();
    if (!loaded.ok) return { result: 'failed', errors: loaded.errors.map(formatError) };
    try {
      return await apply(loaded.config);
    } catch (error) {
      return { result: 'failed', errors: [errorText(error)] };
    }
  }

  #tell(report: ReloadReport): void {
    const { logger } = this.#options;
    if (report.result === 'failed') {
      logger.error(
        'config.reload',
        'the config was not taken over: the agent goes on with the old one',
        report,
      );
      return;
    }
    logger.info('config.reload', `the config was read again: ${report.result}`, report);
    const { needs_restart } = report;
    if (needs_restart.length > 0)
      logger.warn('config.restart', 'some keys take effect when the agent is started again', {
        needs_restart,
      });
  }
}
