import type { Clock } from '../../pkg/clock/clock.ts';
import type { WatchedFs } from '../../pkg/fsx/watched-fs.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import type { StreamRegistry } from '../../pkg/types/stream.ts';
import type { Dispatcher } from '../dispatcher/dispatcher.ts';
import type { DeadLetterQueue } from '../dlq/dead-letter-queue.ts';
import type { RecentLines } from '../selflog/recent-lines.ts';
import { healthBody } from '../server/health.ts';
import { type Explanation, explanationOf } from './explain.ts';
import type { Reloader } from './reloader.ts';
import { explainedBy, type Sources } from './sources.ts';
import { withLastError, writerHealth } from './stage-health.ts';
import { version } from './version.ts';

/** A part that writes, and the disk that it writes to. */
export interface Writer {
  readonly part: Component;
  readonly fs: WatchedFs;
}

export interface ReportedParts {
  readonly clock: Clock;
  readonly writers: readonly Writer[];
  readonly dispatcher: Dispatcher;
  readonly sources: Sources;
  readonly streams: StreamRegistry;
  readonly deadLetters: DeadLetterQueue;
  readonly reloader: Reloader;
  readonly recent: RecentLines;
}

/** What the agent says of itself: to `/health`, `/api/v1/status` and the service manager. */
export class AgentReport {
  readonly #parts: ReportedParts;

  constructor(parts: ReportedParts) {
    this.#parts = parts;
  }

  /** The health of every component, by name. */
  health(): Readonly<Record<string, Health>> {
    const { writers, clock, dispatcher, sources, recent } = this.#parts;
    const sinks = Object.entries(dispatcher.laneHealth());
    const all: [string, Health][] = [
      ...writers.map(({ part, fs }): [string, Health] => [part.name, writerHealth(part, fs, clock)]),
      [dispatcher.name, dispatcher.health()],
      ...sinks.map(([name, health]): [string, Health] => [`sink ${name}`, health]),
      ...Object.entries(sources.health()),
    ];
    return Object.fromEntries(all.map(([name, health]) => [name, withLastError(name, health, recent)]));
  }

  /** Components that are stuck, so that a restart may help. */
  stuck(): readonly string[] {
    const all = Object.entries(this.health());
    return all.filter(([, { status }]) => status === 'failed').map(([name]) => name);
  }

  /** How it goes, in one line for people. */
  summary(): string {
    const { dispatcher, sources } = this.#parts;
    const stuck = this.stuck();
    const sinks = Object.entries(dispatcher.laneHealth()).map(([name, { status }]) => `${name} ${status}`);
    const left = Math.max(0, ...Object.values(dispatcher.unsettled()));
    const alarm = stuck.length === 0 ? '' : `stuck: ${stuck.join(', ')}; `;
    return `${alarm}${sources.configs.length} sources; sinks: ${sinks.join(', ')}; ${left} records under way`;
  }

  /** What there is to know of an absolute path, or of a container by its name or id. */
  explain(target: string): Explanation {
    const { sources, streams, dispatcher } = this.#parts;
    return explanationOf(target, explainedBy(sources, target), streams, dispatcher);
  }

  /** The body of `/api/v1/status`. */
  status(): Record<string, unknown> {
    const { dispatcher, sources, reloader, recent, deadLetters } = this.#parts;
    return {
      version: version(),
      config: { last_reload: reloader.last ?? null },
      recent_errors: recent.all(),
      health: healthBody(this.health()),
      dlq: deadLetters.status(),
      ...dispatcher.status(),
      sources: sources.configs.map(({ kind, options }) => ({ kind, name: options.name })),
      ...sources.status(),
    };
  }
}
