import { LcError } from '../../pkg/errors/errors.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Publisher } from '../../pkg/types/ports.ts';
import { type Instant, plusNanos } from '../../pkg/types/stream.ts';

/** One record as a sink would see it. */
export interface Collected {
  readonly text: string;
  readonly time: Instant;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Takes every chunk, keeps a copy of its records, and settles it at once, or when told. Tests wait for records
 * (`untilRecords`), not for time.
 */
export class CollectingPublisher implements Publisher {
  readonly records: Collected[] = [];
  chunks = 0;
  /** Chunks that wait for room. */
  waiting = 0;
  /** Whether chunks are settled as soon as they come. */
  settles: boolean;
  readonly #held: Chunk[] = [];
  readonly #looks = new Set<() => void>();
  #gate: Promise<void> | undefined;
  #openGate: () => void = () => undefined;

  constructor(settles = true) {
    this.settles = settles;
  }

  async publish(chunk: Chunk): Promise<void> {
    chunk.receipt.expect(1);
    if (this.#gate !== undefined) {
      this.waiting++;
      this.#wake();
      await this.#gate;
      this.waiting--;
    }
    const labels = chunk.stream.labels.toJSON();
    for (let r = 0; r < chunk.records; r++) {
      const text = chunk.bytes.toString('utf8', chunk.spans[2 * r], chunk.spans[2 * r + 1]);
      const { times } = chunk;
      const own = times && { sec: times[2 * r]!, nanos: times[2 * r + 1]! };
      this.records.push({ text, time: own ?? plusNanos(chunk.base, r), labels });
    }
    this.chunks++;
    if (this.settles) finish(chunk);
    else this.#held.push(chunk);
    this.#wake();
  }

  get lines(): string[] {
    return this.records.map(record => record.text);
  }

  /** So many of the records are settled; chunks are settled in the order in which they came. */
  get settledRecords(): number {
    return this.#held.reduce((count, chunk) => count - chunk.records, this.records.length);
  }

  /** Settles the first `count` chunks that wait for it. */
  settle(count = Number.POSITIVE_INFINITY): void {
    for (const chunk of this.#held.splice(0, count)) finish(chunk);
  }

  /** From now on `publish` waits, as if the queue were full, until `open` is called. */
  block(): void {
    this.#gate ??= new Promise(resolve => {
      this.#openGate = resolve;
    });
  }

  open(): void {
    this.#gate = undefined;
    this.#openGate();
  }

  /** Resolves when `isThere` holds of what was collected; looks at each chunk. */
  until(isThere: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!isThere()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Resolves when at least `count` records are there. */
  untilRecords(count: number): Promise<void> {
    return this.until(() => this.records.length >= count);
  }

  #wake(): void {
    for (const look of this.#looks) look();
  }
}

/**
 * A way to a publisher that can be cut, as when the agent is killed: what comes after that, or waits for room then, is
 * never seen.
 */
export class Cutoff implements Publisher {
  readonly #publisher: Publisher;
  readonly #end = Promise.withResolvers<never>();
  #isCut = false;

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
    this.#end.promise.catch(() => undefined);
  }

  cut(): void {
    this.#isCut = true;
    this.#end.reject(new LcError('LC_QUEUE_CLOSED', { message: 'the agent was killed' }));
  }

  publish(chunk: Chunk): Promise<void> {
    const { promise } = this.#end;
    return this.#isCut ? promise : Promise.race([promise, this.#publisher.publish(chunk)]);
  }
}

function finish(chunk: Chunk): void {
  chunk.receipt.settle();
  chunk.release();
}
