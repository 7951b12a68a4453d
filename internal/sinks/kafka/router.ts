import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Findings } from '../findings.ts';
import type { Topic } from './cluster.ts';
import type { KafkaStream, KafkaStreams } from './kafka-stream.ts';
import type { Partition } from './partition.ts';
import { numbersOf, type Run } from './runs.ts';

/** When lines come again whose topic cannot be used. */
const NO_TOPIC_MS = 5000;
/** Metadata of this age are read again: partitions may have been added. */
const MAX_AGE_MS = 300_000;

/** What goes to one partition of a batch, in order. */
export interface Consignment {
  readonly partition: Partition;
  readonly runs: Run[];
  /** Size of a batch at most. */
  readonly limitBytes: number;
}

export interface RouterDeps {
  readonly clock: Clock;
  readonly streams: KafkaStreams;
  readonly maxMessageBytes: number;
  /** Whether all lines go to the same topic. */
  readonly isFixedTopic: boolean;
  readonly topics: {
    topic(name: string): Topic | undefined;
    refresh(name: string): Promise<Failure | undefined>;
  };
  partition(topic: string, id: number): Partition;
}

/** Finds the partition of each record of a batch; all records of a stream have the same. */
export class Router {
  readonly #deps: RouterDeps;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
  }

  /** Sorts the records by partition. Those that have none are refused, or wait: `findings` says so. */
  async route(batch: Batch, findings: Findings): Promise<Consignment[]> {
    const { streams } = this.#deps;
    const targets = batch.parts.map(({ stream }) => streams.of(stream));
    const missing = new Set(targets.filter(target => this.#isMissing(target)).map(({ topic }) => topic));
    const outage = missing.size > 0 ? await this.#look([...missing]) : undefined;
    const consignments = new Map<Partition, Consignment>();
    let number = 0;
    batch.parts.forEach((part, n) => {
      const target = targets[n]!;
      const run = { part, frame: target.frame, from: part.from, to: part.to, number };
      number += part.to - part.from;
      this.#place(run, target, outage, findings, consignments);
    });
    return [...consignments.values()];
  }

  #isMissing({ topic, refusal }: KafkaStream): boolean {
    if (refusal !== undefined) return false;
    const known = this.#deps.topics.topic(topic);
    if (known === undefined || known.failure !== undefined) return true;
    if (this.#deps.clock.monotonicMs() - known.readAtMs > MAX_AGE_MS) void this.#deps.topics.refresh(topic);
    return false;
  }

  async #look(topics: readonly string[]): Promise<Failure | undefined> {
    const outages = await Promise.all(topics.map(topic => this.#deps.topics.refresh(topic)));
    return outages.find(outage => outage !== undefined);
  }

  #place(
    run: Run,
    { topic, keyHash, refusal }: KafkaStream,
    outage: Failure | undefined,
    findings: Findings,
    consignments: Map<Partition, Consignment>,
  ): void {
    const { topics, partition, maxMessageBytes, isFixedTopic } = this.#deps;
    const known = topics.topic(topic);
    if (refusal !== undefined) findings.refuse(numbersOf([run]), refusal);
    else if (known === undefined) findings.wait(numbersOf([run]), outage ?? NO_METADATA, 0, true);
    // A sink whose only topic cannot be used does not work at all.
    else if (known.failure !== undefined)
      findings.wait(numbersOf([run]), known.failure, NO_TOPIC_MS, isFixedTopic);
    else {
      const target = partition(topic, keyHash % known.leaders.length);
      const consignment = consignments.get(target);
      const limitBytes = Math.min(maxMessageBytes, known.maxMessageBytes ?? maxMessageBytes);
      if (consignment !== undefined) consignment.runs.push(run);
      else consignments.set(target, { partition: target, runs: [run], limitBytes });
    }
  }
}

const NO_METADATA: Failure = { kind: 'unavailable', message: 'no broker knows the topic yet' };
