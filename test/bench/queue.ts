import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../pkg/clock/clock.ts';
import { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { BenchResult } from './bench.ts';

const MESSAGES = 1_000_000;
const WEIGHT = { records: 1, bytes: 190 };
/** What the reference document says of its own queue: the floor. */
const REFERENCE = { fiveConsumers500Ms: 130, flood10000Mb: 1.3 };

function newQueue(): MultiConsumerQueue<string> {
  return new MultiConsumerQueue({ maxRecords: 1e9, maxBytes: 1e12, clock: systemClock });
}

/** Nanoseconds a message to publish it and have it read by every consumer, `burst` messages at a time. */
function nanosPerMessage(consumers: number, burst: number): number {
  const queue = newQueue();
  const readers = Array.from({ length: consumers }, (_, i) => queue.createConsumer(`consumer-${i}`));
  const startMs = performance.now();
  for (let published = 0; published < MESSAGES; published += burst) {
    for (let i = 0; i < burst; i++) queue.publish('line', WEIGHT);
    for (const reader of readers) while (reader.readBatch({ messages: 500 }).length > 0);
  }
  return ((performance.now() - startMs) * 1e6) / MESSAGES;
}

/** Five consumers that read 500 messages each, on a queue that is already warm. */
function fiveConsumers500Ms(): number {
  const queue = newQueue();
  const readers = Array.from({ length: 5 }, (_, i) => queue.createConsumer(`consumer-${i}`));
  const startMs = performance.now();
  for (let i = 0; i < 500; i++) queue.publish('line', WEIGHT);
  for (const reader of readers) while (reader.read() !== undefined);
  return performance.now() - startMs;
}

/** Memory of 10 000 messages that wait to be read, their payload not counted. */
function flood10000Mb(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const queue = newQueue();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 10_000; i++) queue.publish('line', WEIGHT);
  collect();
  const used = process.memoryUsage().heapUsed - before;
  if (queue.memoryStats().messages !== 10_000) throw new Error('messages are missing');
  return used / 1e6;
}

/** The multi-consumer queue: cost of a message, and the reference's own figures beside ours. */
export async function run(): Promise<BenchResult> {
  nanosPerMessage(5, 100);
  const [oneNanos, fiveNanos] = [nanosPerMessage(1, 100), nanosPerMessage(5, 100)];
  return {
    name: 'queue (MultiConsumerQueue, messages of one record)',
    figures: {
      oneConsumerMessagesPerSecond: Math.round(1e9 / oneNanos),
      fiveConsumersMessagesPerSecond: Math.round(1e9 / fiveNanos),
      fiveConsumersNanosPerMessage: fiveNanos,
      fiveConsumers500Ms: fiveConsumers500Ms(),
      referenceFiveConsumers500Ms: REFERENCE.fiveConsumers500Ms,
      flood10000Mb: flood10000Mb(),
      referenceFlood10000Mb: REFERENCE.flood10000Mb,
    },
  };
}
