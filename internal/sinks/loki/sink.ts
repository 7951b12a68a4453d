import type { Clock } from '../../../pkg/clock/clock.ts';
import { errorText } from '../../../pkg/errors/errors.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import { DELIVERED, type Outcome } from '../../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../../pkg/types/ports.ts';
import type { Counter, Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../selflog/logger.ts';
import { Findings } from '../findings.ts';
import { SinkHealth } from '../sink-health.ts';
import { layOutPush } from './encode.ts';
import { type Group, groupByStream, recordNumbers, type Selection } from './groups.ts';
import { HttpClient } from './http.ts';
import { Inquiry } from './inquiry.ts';
import { type LineLimit, limitLines } from './line-limit.ts';
import { LokiStreams } from './loki-streams.ts';
import type { LokiSinkOptions } from './options.ts';
import { Pusher } from './pusher.ts';
import { Authorization, requestHeaders } from './request-headers.ts';
import { separated } from './separate.ts';

/** What a Loki sink needs besides its options. */
export interface LokiSinkDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The agent's version, for `user-agent`. */
  readonly version: string;
  /** Where proxies are named: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Pushes batches to Loki and finds out which of their records it took. The same batch gives the same pushes each time,
 * so that Loki stores it once however often it is sent. A batch is read only until its `send` settles.
 */
export class LokiSink implements Sink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #isInsecure: boolean;
  readonly #maxBehindMs: number;
  readonly #lineLimit: LineLimit;
  readonly #cutLines: Counter;
  readonly #streams: LokiStreams;
  readonly #client: HttpClient;
  readonly #pusher: Pusher;
  readonly #closing = new AbortController();
  readonly #health: SinkHealth;

  /** Throws `LC_SINK_START` when the tenant or the credentials cannot be sent in a header. */
  constructor(options: LokiSinkOptions, { clock, logger, metrics, version, env }: LokiSinkDeps) {
    const { name, timeoutMs, encoding, maxPushBytes, workers } = options;
    this.name = name;
    this.#clock = clock;
    this.#logger = logger;
    this.#isInsecure = options.tls?.insecureSkipVerify === true;
    this.#maxBehindMs = options.maxBehindMs;
    this.#lineLimit = { bytes: options.maxLineBytes, onLong: options.onLongLine };
    this.#cutLines = metrics.counter('sink_adjusted_total', { sink: name, what: 'line_cut' });
    this.#streams = new LokiStreams(options, { sink: name, metrics, logger });
    this.#health = new SinkHealth(clock);
    this.#client = new HttpClient(
      {
        ...{
          url: new URL(options.url),
          headers: requestHeaders(options, version),
          tls: options.tls,
          timeoutMs,
        },
        ...{ authorization: new Authorization(options.auth), connections: workers },
      },
      { clock, env, onFileFailure: error => this.#warnOfFile(error) },
    );
    const limit = metrics.gauge('sink_concurrency_limit', { sink: name });
    const onLimit = (requests: number): void => limit.set(requests);
    this.#pusher = new Pusher({ encoding, maxPushBytes, workers, onLimit }, this.#client, clock);
  }

  /**
   * Reads the files of `auth` and `tls`; throws `LC_SINK_START` when that cannot be done. Loki itself may come up later
   * than the agent.
   */
  async start(): Promise<void> {
    if (this.#isInsecure)
      this.#logger.warn('loki.insecure', 'tls.insecure_skip_verify is set: anybody can pretend to be Loki', {
        sink: this.name,
      });
    await this.#client.start();
  }

  /** Sends under way resolve as aborted; connections are closed. */
  close(): Promise<void> {
    this.#closing.abort();
    this.#client.close();
    return Promise.resolve();
  }

  health(): Health {
    return this.#health.current;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    if (batch.records === 0) return DELIVERED;
    return this.#health.noted(await this.#send(batch, [signal, this.#closing.signal]));
  }

  async #send(batch: Batch, signals: readonly AbortSignal[]): Promise<Outcome> {
    const findings = new Findings(batch.records);
    const nowMs = (): number => this.#clock.now();
    const grouped = groupByStream(batch.parts, this.#streams, nowMs());
    const selection = this.#limited(this.#admitted(grouped, findings), batch, findings);
    const push = (part: Selection) => this.#pusher.push(part, signals);
    const inquire = (part: Selection): Promise<void> =>
      new Inquiry({ push, findings, nowMs, attempt: batch.attempt }).run(
        separated(part, nowMs(), this.#maxBehindMs),
      );
    await Promise.all(byTenant(selection).map(inquire));
    return findings.outcome();
  }

  /** Without the streams that cannot be sent, and those that the limit of streams keeps out for now. */
  #admitted(selection: Selection, findings: Findings): Selection {
    const nowMs = this.#clock.now();
    return selection.filter(group => {
      const { refusal } = group.target;
      const keptOut = group.target.keptOut(nowMs);
      if (refusal !== undefined) findings.refuse(recordNumbers([group]), refusal);
      else if (keptOut !== undefined)
        findings.wait(recordNumbers([group]), keptOut.failure, keptOut.untilMs - nowMs, false);
      return refusal === undefined && keptOut === undefined;
    });
  }

  /** With no line above the limit. */
  #limited(selection: Selection, batch: Batch, findings: Findings): Selection {
    const limit = this.#lineLimit;
    if (
      limit.bytes === 0 ||
      batch.bytes <= limit.bytes ||
      layOutPush(selection).longestLineBytes <= limit.bytes
    )
      return selection;
    const limited = limitLines(selection, limit, findings);
    if (batch.attempt === 1) this.#cutLines.inc(limited.cutLines);
    return limited.selection ?? [];
  }

  #warnOfFile(error: unknown): void {
    const fields = { sink: this.name, reason: errorText(error) };
    this.#logger.warn(
      'loki.file',
      'a file of auth or tls changed and cannot be used: the old one stays',
      fields,
    );
  }
}

/** One selection for each tenant: a push has one. */
function byTenant(selection: Selection): readonly Selection[] {
  const [first] = selection;
  if (first === undefined) return [];
  if (selection.every(({ target }) => target.tenant === first.target.tenant)) return [selection];
  const tenants = new Map<string, Group[]>();
  for (const group of selection) {
    const groups = tenants.get(group.target.tenant);
    if (groups === undefined) tenants.set(group.target.tenant, [group]);
    else groups.push(group);
  }
  return [...tenants.values()];
}
