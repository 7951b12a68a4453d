import type { Clock } from '../../../pkg/clock/clock.ts';
import type { FailureKind } from '../../../pkg/types/outcome.ts';
import { ABORTED } from '../network-failure.ts';
import { Concurrency, type Sign } from './concurrency.ts';
import { layOutPush, type PushLayout } from './encode.ts';
import type { Reply } from './exchange.ts';
import { countRecords, type Selection } from './groups.ts';
import type { HttpClient } from './http.ts';
import { Pace } from './pace.ts';
import { PushEncoder } from './push-encoder.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** To each record Loki adds a `detected_level`, to each stream a `service_name` and a hash. */
const ADDED_BYTES_PER_RECORD = 32;
const ADDED_BYTES_PER_STREAM = 128;
/** How often a push is tried that is refused for its rate, each time after the pause that the limit asks for. */
const MAX_TURNS = 3;

export interface PusherOptions {
  readonly encoding: 'protobuf' | 'json';
  /** Size of a push before it is compressed. */
  readonly maxPushBytes: number;
  /** Requests under way at most. */
  readonly workers: number;
  /** Told how many requests may be under way from now on. */
  readonly onLimit: (requests: number) => void;
}

/** Sends one push at a time for each of its callers, at the pace that the server allows. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #clock: Clock;
  readonly #client: HttpClient;
  readonly #encoder: PushEncoder;
  readonly #concurrency: Concurrency;
  /** By tenant: Loki keeps its limits so. Only those that were refused once are here. */
  readonly #paces = new Map<string, Pace>();

  constructor(options: PusherOptions, client: HttpClient, clock: Clock) {
    this.#options = options;
    this.#concurrency = new Concurrency(options.workers, clock, options.onLimit);
    this.#clock = clock;
    this.#client = client;
    this.#encoder = new PushEncoder(options.encoding);
  }

  /** Sends a selection of one tenant's streams, which is read before anything is waited for. Never rejects. */
  async push(selection: Selection, signals: readonly AbortSignal[]): Promise<Verdict> {
    if (signals.some(({ aborted }) => aborted)) return { as: 'failed', failure: ABORTED };
    const { tenant } = selection[0]!.target;
    const layout = layOutPush(selection);
    const records = countRecords(selection);
    const excess = this.#excess(layout, records, selection);
    if (excess !== undefined) return { as: 'too_large', failure: { kind: 'too_large', message: excess } };
    const rateBytes = layout.lineBytes + layout.metadataBytes;
    const body = await this.#encoder.body(selection, layout);
    for (let turn = 1; ; turn++) {
      const verdict = await this.#turn(body, tenant, rateBytes, signals);
      if (verdict.as !== 'over_rate') return verdict;
      // More than a second's worth is not worth another pause.
      const isEnough = turn === MAX_TURNS || layout.lineBytes > this.#maxBytesPerSecond(tenant);
      if (isEnough) return records > 1 ? { as: 'too_large', failure: verdict.failure } : verdict;
    }
  }

  async #turn(
    body: Buffer,
    tenant: string,
    rateBytes: number,
    signals: readonly AbortSignal[],
  ): Promise<Verdict> {
    const epoch = await this.#paces.get(tenant)?.turn(rateBytes, signals);
    const permit = await this.#concurrency.enter(signals);
    if (permit === undefined) return { as: 'failed', failure: ABORTED };
    const reply = await this.#client.post({ body, tenant }, signals);
    const verdict: Verdict =
      'failure' in reply
        ? { as: 'failed', failure: reply.failure }
        : verdictOf(reply.answer, this.#clock.now());
    permit.end(signOf(verdict, reply));
    if (verdict.as === 'over_rate') this.#paceOf(tenant).refused(rateBytes, verdict.bytesPerSecond, epoch);
    else if (verdict.as === 'stored' || verdict.as === 'refused') this.#paces.get(tenant)?.taken(rateBytes);
    return verdict;
  }

  #paceOf(tenant: string): Pace {
    const pace = this.#paces.get(tenant) ?? new Pace(this.#clock);
    this.#paces.set(tenant, pace);
    return pace;
  }

  /** What a tenant's rate allows in a second, as far as the server has named it. */
  #maxBytesPerSecond(tenant: string): number {
    return this.#paces.get(tenant)?.maxPushBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Why a push would be refused for its size, if it would. */
  #excess(layout: PushLayout, records: number, selection: Selection): string | undefined {
    const { maxPushBytes } = this.#options;
    const pushBytes =
      layout.bytes + records * ADDED_BYTES_PER_RECORD + selection.length * ADDED_BYTES_PER_STREAM;
    if (pushBytes > maxPushBytes) return `a push of ${pushBytes} bytes: max_push_bytes is ${maxPushBytes}`;
    const perSecond = this.#maxBytesPerSecond(selection[0]!.target.tenant);
    if (records === 1 || layout.lineBytes <= perSecond) return undefined;
    return `a push of ${layout.lineBytes} bytes: the rate limit is ${perSecond} bytes a second`;
  }
}

/** What a reply tells of how much the server has to do. */
function signOf(verdict: Verdict, reply: Reply): Sign {
  if ('answer' in reply) return reply.answer.status === 503 || isBusy(verdict) ? 'busy' : 'answered';
  return isBusy(verdict) ? 'busy' : 'nothing';
}

function isBusy(verdict: Verdict): boolean {
  return verdict.as === 'over_rate' || (verdict.as === 'failed' && BUSY.has(verdict.failure.kind));
}

const BUSY: ReadonlySet<FailureKind> = new Set(['timeout', 'rate_limited']);
