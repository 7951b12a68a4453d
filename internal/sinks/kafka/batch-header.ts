import { crc32c } from '@node-rs/crc32';

/*
 * The head of a RecordBatch (magic 2), as https://kafka.apache.org/documentation/#recordbatch has it; the numbers
 * are where its fields begin. The CRC is of everything from the attributes on.
 */
export const HEADER_BYTES = 61;
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORDS = 57;

/** Who sends a batch, for a broker that stores it once (idempotence). */
export interface ProducerStamp {
  readonly id: bigint;
  readonly epoch: number;
  /** The sequence of its first record; sequences wrap around from 2³¹ - 1 to 0. */
  readonly baseSequence: number;
}

/** The stamp of a producer that is not idempotent. */
export const NO_PRODUCER: ProducerStamp = { id: -1n, epoch: -1, baseSequence: -1 };

/** What the head says of the records. */
export interface BatchFacts {
  readonly codec: number;
  readonly records: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
}

/** Writes the head of `batch`, all but what `stampProducer` writes. */
export function putHeader(batch: Buffer, facts: BatchFacts): void {
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - LEADER_EPOCH, LENGTH);
  batch.writeInt32BE(-1, LEADER_EPOCH);
  batch[MAGIC] = 2;
  batch.writeInt16BE(facts.codec, ATTRIBUTES);
  batch.writeInt32BE(facts.records - 1, LAST_OFFSET_DELTA);
  batch.writeBigInt64BE(BigInt(facts.baseTimestampMs), BASE_TIMESTAMP);
  batch.writeBigInt64BE(BigInt(facts.maxTimestampMs), MAX_TIMESTAMP);
  batch.writeInt32BE(facts.records, RECORDS);
}

/**
 * Writes the producer and the checksum into a finished batch: only then is it whole. A batch that is sent again
 * keeps its stamp and so its bytes; it may be stamped anew, without being encoded again, once its producer got a new
 * id or epoch.
 */
export function stampProducer(batch: Buffer, { id, epoch, baseSequence }: ProducerStamp): void {
  batch.writeBigInt64BE(id, PRODUCER_ID);
  batch.writeInt16BE(epoch, PRODUCER_EPOCH);
  batch.writeInt32BE(baseSequence, BASE_SEQUENCE);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES)), CRC);
}
