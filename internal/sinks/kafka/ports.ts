import type { Clock } from '../../../pkg/clock/clock.ts';
import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Asked } from './answers.ts';
import type { Producer } from './producer-line.ts';
import type { Shipment } from './shipment.ts';

/** The line of batches before a partition, as its leader sees it. */
export interface Line {
  readonly topic: string;
  readonly id: number;
  /** Hands out the next shipment, stamped, if one may go; `answered` or `lost` follows. */
  take(): Shipment | undefined;
  /** What the leader said of a shipment. */
  answered(shipment: Shipment, errorCode: number, throttleMs: number): void;
  /** The connection broke, or no answer came: nobody knows what became of the shipment. */
  lost(shipment: Shipment, failure: Failure): void;
  /** The leader cannot be reached. */
  unreached(failure: Failure): void;
}

/** The broker that leads a partition. */
export interface Leader {
  /** The line has something to send: the leader takes it. */
  offer(line: Line): void;
}

/** What a partition asks of the rest of the sink. */
export interface PartitionDeps {
  readonly clock: Clock;
  readonly isIdempotent: boolean;
  readonly deliveryTimeoutMs: number;
  leaderOf(topic: string, partition: number): Leader | undefined;
  /** Reads the metadata of a topic anew. Resolves with why no broker at all could be asked, if so. */
  refresh(topic: string): Promise<Failure | undefined>;
  /** Why the topic cannot be used, if so. */
  problemOf(topic: string): Failure | undefined;
  /** A producer id; a fresh one where the one before is of no use any more. */
  producer(isFresh: boolean): Promise<Asked<Producer>>;
}
