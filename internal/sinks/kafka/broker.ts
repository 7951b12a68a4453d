import type { Clock, Timer } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Address, Asked } from './answers.ts';
import type { BrokerConnection } from './broker-connection.ts';
import type { Leader, Line } from './ports.ts';
import { type ACKS, type ProduceAnswer, produceBody, readProduceAnswer } from './produce-message.ts';
import type { Shipment } from './shipment.ts';

/** Requests in flight on one connection at most. */
const MAX_IN_FLIGHT = 5;
/** More than this is not put together into one request; a single batch may be larger. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

export interface BrokerDeps {
  readonly clock: Clock;
  readonly acks: keyof typeof ACKS;
  readonly timeoutMs: number;
  connect(address: Address): Promise<Asked<BrokerConnection>>;
}

/** What of one line goes in a request. */
interface Load {
  readonly line: Line;
  readonly shipment: Shipment;
}

/**
 * One broker, as the leader of partitions: what they have to send at the same moment goes in one request, with at most
 * one batch for each. A request is answered after those before it, so batches of a partition arrive in order.
 */
export class Broker implements Leader {
  readonly address: Address;
  readonly #deps: BrokerDeps;
  readonly #offers = new Set<Line>();
  #connection: BrokerConnection | undefined;
  #isConnecting = false;
  #isFlushing = false;
  #isClosed = false;
  #inFlight = 0;
  #pausedUntilMs = 0;
  #timer: Timer | undefined;

  constructor(address: Address, deps: BrokerDeps) {
    this.address = address;
    this.#deps = deps;
  }

  offer(line: Line): void {
    this.#offers.add(line);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  /** Ends its connection; lines look for another leader. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    this.#connection?.close();
    this.#disappoint(GONE);
  }

  #flush(): void {
    while (!this.#isClosed && this.#offers.size > 0 && this.#inFlight < MAX_IN_FLIGHT) {
      const pauseMs = this.#pausedUntilMs - this.#deps.clock.monotonicMs();
      if (pauseMs > 0) {
        this.#timer ??= this.#deps.clock.after(Math.ceil(pauseMs), () => {
          this.#timer = undefined;
          this.#flush();
        });
        return;
      }
      if (this.#connection?.isOpen !== true) {
        void this.#connect();
        return;
      }
      const loads = this.#loads();
      if (loads.length > 0) void this.#send(this.#connection, loads);
    }
  }

  /** The next batch of each line that offered one, as many as fit into a request. */
  #loads(): Load[] {
    const loads: Load[] = [];
    let bytes = 0;
    for (const line of this.#offers) {
      const shipment = line.take();
      if (shipment === undefined) {
        this.#offers.delete(line);
        continue;
      }
      loads.push({ line, shipment });
      bytes += shipment.batch.length;
      if (bytes >= MAX_REQUEST_BYTES) break;
    }
    return loads;
  }

  async #send(connection: BrokerConnection, loads: readonly Load[]): Promise<void> {
    const { clock, acks, timeoutMs } = this.#deps;
    const batches = loads.map(({ line: { topic, id }, shipment }) => ({
      ...{ topic, partition: id, batch: shipment.batch },
    }));
    this.#inFlight++;
    const asked = await connection.produce(produceBody(batches, acks, timeoutMs), acks !== 'none');
    this.#inFlight--;
    if ('failure' in asked) for (const { line, shipment } of loads) line.lost(shipment, asked.failure);
    else if (acks === 'none') for (const { line, shipment } of loads) line.answered(shipment, 0, 0);
    else {
      const throttleMs = this.#settle(asked.answer, loads);
      this.#pausedUntilMs = clock.monotonicMs() + throttleMs;
    }
    this.#flush();
  }

  /** Tells each line its result; returns for how long the broker wants to be left alone. */
  #settle(bytes: Buffer, loads: readonly Load[]): number {
    const { results, throttleMs } = readAnswer(bytes);
    const codes = new Map(results.map(result => [`${result.topic}/${result.partition}`, result.errorCode]));
    for (const { line, shipment } of loads) {
      const code = codes.get(`${line.topic}/${line.id}`);
      if (code === undefined) line.lost(shipment, UNANSWERED);
      else line.answered(shipment, code, throttleMs);
    }
    return throttleMs;
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    const asked = await this.#deps.connect(this.address);
    this.#isConnecting = false;
    if ('failure' in asked) this.#disappoint(asked.failure);
    else if (this.#isClosed) asked.answer.close();
    else {
      this.#connection = asked.answer;
      this.#flush();
    }
  }

  /** Nobody can be served. */
  #disappoint(failure: Failure): void {
    const lines = [...this.#offers];
    this.#offers.clear();
    for (const line of lines) line.unreached(failure);
  }
}

/** An answer that is cut short answers nothing. */
function readAnswer(bytes: Buffer): ProduceAnswer {
  try {
    return readProduceAnswer(bytes);
  } catch (error) {
    if (error instanceof RangeError) return { results: [], throttleMs: 0 };
    throw error;
  }
}

const UNANSWERED: Failure = {
  kind: 'internal',
  message: 'the answer of the broker leaves the partition out',
};

const GONE: Failure = { kind: 'unavailable', message: 'the broker has left the cluster' };
