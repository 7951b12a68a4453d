import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import { DELIVERED, type Failure, type Outcome } from '../../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../../pkg/types/ports.ts';
import { Findings } from './findings.ts';
import { groupByStream, recordNumbers, type Selection } from './groups.ts';
import { HttpClient } from './http.ts';
import { Inquiry } from './inquiry.ts';
import { LokiStreams } from './loki-streams.ts';
import type { LokiSinkOptions } from './options.ts';
import { Pusher } from './pusher.ts';
import { requestHeaders } from './request-headers.ts';

/** What a Loki sink needs besides its options. */
export interface LokiSinkDeps {
  readonly clock: Clock;
  /** The agent's version, for `user-agent`. */
  readonly version: string;
}

/**
 * Pushes batches to Loki and finds out which of their records it took. The same batch gives the same pushes each time,
 * so that Loki stores it once however often it is sent. A batch is read only until its `send` settles.
 */
export class LokiSink implements Sink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #streams: LokiStreams;
  readonly #pusher: Pusher;
  readonly #closing = new AbortController();
  #health: Health;

  /** Throws `LC_SINK_START` when the tenant or the credentials cannot be sent in a header. */
  constructor(options: LokiSinkOptions, deps: LokiSinkDeps) {
    this.name = options.name;
    this.#clock = deps.clock;
    this.#streams = new LokiStreams(options.labels);
    this.#health = { status: 'ok', sinceMs: deps.clock.now() };
    const { workers: connections, timeoutMs } = options;
    const headers = requestHeaders(options, deps.version);
    const client = new HttpClient({ url: new URL(options.url), headers, connections, timeoutMs }, deps.clock);
    this.#pusher = new Pusher(options.encoding, client, deps.clock);
  }

  /** Nothing to do: Loki may come up later than the agent. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Sends under way resolve as aborted; connections are closed. */
  close(): Promise<void> {
    this.#closing.abort();
    this.#pusher.close();
    return Promise.resolve();
  }

  health(): Health {
    return this.#health;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const outcome = batch.records === 0 ? DELIVERED : await this.#send(batch, [signal, this.#closing.signal]);
    this.#remember(outcome);
    return outcome;
  }

  async #send(batch: Batch, signals: readonly AbortSignal[]): Promise<Outcome> {
    const findings = new Findings(batch.records);
    const nowMs = (): number => this.#clock.now();
    const selection = this.#admitted(groupByStream(batch.parts, this.#streams, nowMs()), findings);
    const push = (part: Selection) => this.#pusher.push(part, signals);
    if (selection.length > 0)
      await new Inquiry({ push, findings, nowMs, attempt: batch.attempt }).run(selection);
    return findings.outcome();
  }

  /** Without the streams that the limit of streams keeps out for now. */
  #admitted(selection: Selection, findings: Findings): Selection {
    const nowMs = this.#clock.now();
    return selection.filter(group => {
      const keptOut = group.target.keptOut(nowMs);
      if (keptOut === undefined) return true;
      findings.wait(recordNumbers([group]), keptOut.failure, keptOut.untilMs - nowMs, false);
      return false;
    });
  }

  #remember(outcome: Outcome): void {
    const failure = failureOf(outcome);
    const status = failure === undefined ? 'ok' : 'degraded';
    const sinceMs = status === this.#health.status ? this.#health.sinceMs : this.#clock.now();
    this.#health = failure === undefined ? { status, sinceMs } : { status, sinceMs, reason: failure.message };
  }
}

/** What keeps the sink from working; a refused record says nothing against it. */
function failureOf(outcome: Outcome): Failure | undefined {
  const failure =
    outcome.kind === 'retry'
      ? outcome.failure
      : outcome.kind === 'rejected'
        ? outcome.rest?.failure
        : undefined;
  return failure?.kind === 'aborted' ? undefined : failure;
}
