/** The batch of one partition in a Produce request. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

/** `acks` as a broker reads it. */
export const ACKS = { all: -1, leader: 1, none: 0 } as const;

/** What became of the batch of one partition. */
export interface PartitionResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

export interface ProduceAnswer {
  readonly results: readonly PartitionResult[];
  /** For how long the broker asks to be left alone. */
  readonly throttleMs: number;
}

/** Behind the error code in an answer: base offset, log append time, log start offset. */
const RESULT_REST_BYTES = 24;

/**
 * The body of a Produce request, version 7 (https://kafka.apache.org/protocol#The_Messages_Produce), in pieces:
 * transactional_id, acks, timeout_ms, then topics with their partitions. `batches` holds at most one for each partition;
 * each of them is a piece, not copied.
 */
export function produceBody(
  batches: readonly PartitionBatch[],
  acks: keyof typeof ACKS,
  timeoutMs: number,
): Buffer[] {
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  const head = Buffer.alloc(12);
  let at = head.writeInt16BE(-1, 0);
  at = head.writeInt16BE(ACKS[acks], at);
  at = head.writeInt32BE(timeoutMs, at);
  head.writeInt32BE(topics.size, at);
  const pieces: Buffer[] = [head];
  for (const [topic, of] of topics) {
    pieces.push(topicHead(topic, of.length));
    for (const { partition, batch } of of) {
      const batchHead = Buffer.alloc(8);
      batchHead.writeInt32BE(batch.length, batchHead.writeInt32BE(partition, 0));
      pieces.push(batchHead, batch);
    }
  }
  return pieces;
}

function topicHead(topic: string, partitions: number): Buffer {
  const head = Buffer.alloc(6 + topic.length);
  let at = head.writeInt16BE(topic.length, 0);
  at += head.write(topic, at, 'latin1');
  head.writeInt32BE(partitions, at);
  return head;
}

/** Reads the answer to it. Throws a `RangeError` when it is cut short. */
export function readProduceAnswer(answer: Buffer): ProduceAnswer {
  const results: PartitionResult[] = [];
  let at = 4;
  for (let topics = answer.readInt32BE(0); topics > 0; topics--) {
    const nameBytes = answer.readInt16BE(at);
    const topic = answer.toString('latin1', at + 2, at + 2 + nameBytes);
    at += 2 + nameBytes + 4;
    for (let partitions = answer.readInt32BE(at - 4); partitions > 0; partitions--) {
      const partition = answer.readInt32BE(at);
      results.push({ topic, partition, errorCode: answer.readInt16BE(at + 4) });
      at += 6 + RESULT_REST_BYTES;
    }
  }
  return { results, throttleMs: answer.readInt32BE(at) };
}
