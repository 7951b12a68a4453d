import type { Clock } from '../../../pkg/clock/clock.ts';
import { layOutPush, type PushLayout } from './encode.ts';
import { ABORTED } from './exchange.ts';
import { countRecords, type Selection } from './groups.ts';
import type { HttpClient } from './http.ts';
import { Pace } from './pace.ts';
import { PushEncoder } from './push-encoder.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** Loki's distributor hands a push on in a message of at most this size. */
const MAX_PUSH_BYTES = 4 * 1024 * 1024;
/** To each record it adds a `detected_level`, to each stream a `service_name` and a hash. */
const ADDED_BYTES_PER_RECORD = 32;
const ADDED_BYTES_PER_STREAM = 128;
/** How often a push is tried that is refused for its rate, each time after the pause that the limit asks for. */
const MAX_TURNS = 3;

/** Sends one push at a time for each of its callers, at the pace that the server allows. */
export class Pusher {
  readonly #clock: Clock;
  readonly #client: HttpClient;
  readonly #encoder: PushEncoder;
  readonly #pace: Pace;

  constructor(encoding: 'protobuf' | 'json', client: HttpClient, clock: Clock) {
    this.#clock = clock;
    this.#client = client;
    this.#encoder = new PushEncoder(encoding);
    this.#pace = new Pace(clock);
  }

  /** Sends `selection`, which is read before anything is waited for. Never rejects. */
  async push(selection: Selection, signals: readonly AbortSignal[]): Promise<Verdict> {
    if (signals.some(({ aborted }) => aborted)) return { as: 'failed', failure: ABORTED };
    const layout = layOutPush(selection);
    const records = countRecords(selection);
    const excess = this.#excess(layout, selection, records);
    if (excess !== undefined) return { as: 'too_large', failure: { kind: 'too_large', message: excess } };
    const body = await this.#encoder.body(selection, layout);
    for (let turn = 1; ; turn++) {
      const verdict = await this.#turn(body, layout.lineBytes, signals);
      if (verdict.as !== 'over_rate' || turn === MAX_TURNS)
        return verdict.as === 'over_rate' && records > 1 ? { ...verdict, as: 'too_large' } : verdict;
    }
  }

  close(): void {
    this.#client.close();
  }

  async #turn(body: Buffer, lineBytes: number, signals: readonly AbortSignal[]): Promise<Verdict> {
    const epoch = await this.#pace.turn(lineBytes, signals);
    const reply = await this.#client.post(body, signals);
    if ('failure' in reply) return { as: 'failed', failure: reply.failure };
    const verdict = verdictOf(reply.answer, this.#clock.now());
    if (verdict.as === 'over_rate') this.#pace.refused(lineBytes, verdict.bytesPerSecond, epoch);
    else if (verdict.as === 'stored' || verdict.as === 'refused') this.#pace.taken(lineBytes);
    return verdict;
  }

  /** Why a push would be refused for its size, if it would. */
  #excess(layout: PushLayout, selection: Selection, records: number): string | undefined {
    const pushBytes =
      layout.bytes + records * ADDED_BYTES_PER_RECORD + selection.length * ADDED_BYTES_PER_STREAM;
    if (pushBytes > MAX_PUSH_BYTES) return `a push of ${pushBytes} bytes: Loki takes ${MAX_PUSH_BYTES}`;
    if (records === 1 || layout.lineBytes <= this.#pace.maxPushBytes) return undefined;
    return `a push of ${layout.lineBytes} bytes: the rate limit is ${this.#pace.maxPushBytes} bytes a second`;
  }
}
