import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../clock/manual-clock.ts';
import type { Weight } from './message.ts';
import { MultiConsumerQueue } from './multi-consumer-queue.ts';
import type { QueueConsumer } from './queue-consumer.ts';

const MAX_RECORDS = 20;
const MAX_BYTES = 100;

/** The queue as one would write it without a thought for speed: one array, nothing ever removed from it. */
interface Model {
  published: Weight[];
  freed: number;
  readers: Reader[];
}

interface Reader {
  name: string;
  handle: QueueConsumer<number> | undefined;
  isExplicit: boolean;
  read: number;
  acknowledged: number;
}

const pick = fc.nat();
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      records: fc.integer({ min: 1, max: 25 }),
      bytes: fc.nat({ max: 120 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('batch' as const), pick, limit: fc.integer({ min: 1, max: 30 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('acknowledge' as const), pick, back: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rewind' as const, 'close' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      from: fc.constantFrom('oldest' as const, 'newest' as const),
      isExplicit: fc.boolean(),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

function sum(weights: readonly Weight[], of: keyof Weight): number {
  return weights.reduce((total, weight) => total + weight[of], 0);
}

/** The queue and its model, doing the same. */
class Pair {
  readonly freed: number[] = [];
  readonly queue = new MultiConsumerQueue<number>({
    maxRecords: MAX_RECORDS,
    maxBytes: MAX_BYTES,
    clock: new ManualClock(),
    onFree: number => this.freed.push(number),
  });
  readonly model: Model = { published: [], freed: 0, readers: [] };

  apply(step: Action): void {
    if (step.do === 'publish') this.publish(step.records, step.bytes);
    else if (step.do === 'create') this.create(step.name, step.from, step.isExplicit);
    else {
      const { readers } = this.model;
      const reader = readers[step.pick % readers.length];
      if (reader === undefined) return;
      if (step.do === 'remove') this.remove(reader);
      else if (reader.handle !== undefined) this.use(reader, reader.handle, step);
    }
  }

  use(reader: Reader, handle: QueueConsumer<number>, step: Action): void {
    if (step.do === 'read') this.read(reader, handle);
    else if (step.do === 'batch') this.readBatch(reader, handle, step.limit);
    else if (step.do === 'acknowledge') this.acknowledge(reader, handle, reader.read - step.back);
    else if (step.do === 'rewind') {
      handle.rewind();
      reader.read = reader.acknowledged;
    } else {
      handle.close();
      reader.handle = undefined;
      if (!reader.isExplicit) this.forget(reader);
    }
  }

  publish(records: number, bytes: number): void {
    const { published, freed } = this.model;
    const held = published.slice(freed);
    const hasRoom =
      held.length === 0 ||
      (sum(held, 'records') + records <= MAX_RECORDS && sum(held, 'bytes') + bytes <= MAX_BYTES);
    assert.equal(this.queue.hasRoom({ records, bytes }), hasRoom);
    if (hasRoom) {
      published.push({ records, bytes });
      assert.equal(this.queue.publish(published.length, { records, bytes }), published.length);
    } else {
      assert.throws(() => this.queue.publish(0, { records, bytes }), { code: 'LC_QUEUE_FULL' });
      assert.equal(this.queue.tryPublish(0, { records, bytes }), undefined);
    }
  }

  create(name: string, from: 'oldest' | 'newest', isExplicit: boolean): void {
    const { readers, published, freed } = this.model;
    const make = (): QueueConsumer<number> =>
      this.queue.createConsumer(name, { from, acknowledge: isExplicit ? 'explicit' : 'on-read' });
    const known = readers.find(each => each.name === name);
    if (known === undefined) {
      const start = from === 'oldest' ? freed : published.length;
      readers.push({ name, handle: make(), isExplicit, read: start, acknowledged: start });
      this.collect();
    } else if (known.handle !== undefined || !isExplicit) {
      assert.throws(make, { code: 'LC_QUEUE_CONFIG' });
    } else {
      known.handle = make();
      known.read = known.acknowledged;
    }
  }

  read(reader: Reader, handle: QueueConsumer<number>): void {
    const expected = reader.read < this.model.published.length ? reader.read + 1 : undefined;
    assert.equal(handle.peek()?.sequence, expected);
    const message = handle.read();
    assert.equal(message?.sequence, expected);
    assert.equal(message?.data, expected);
    if (expected !== undefined) this.passed(reader, expected);
  }

  readBatch(reader: Reader, handle: QueueConsumer<number>, limit: number): void {
    const { published } = this.model;
    let end = reader.read;
    for (let [records, bytes] = [0, 0]; end < published.length; end++) {
      records += published[end]!.records;
      bytes += published[end]!.bytes;
      if (end > reader.read && (records > limit || bytes > limit * 4 || end - reader.read >= 3)) break;
    }
    const expected = Array.from({ length: end - reader.read }, (_, i) => reader.read + 1 + i);
    const batch = handle.readBatch({ messages: 3, records: limit, bytes: limit * 4 });
    assert.deepEqual(
      batch.map(message => message.data),
      expected,
    );
    if (expected.length > 0) this.passed(reader, end);
  }

  acknowledge(reader: Reader, handle: QueueConsumer<number>, sequence: number): void {
    assert.throws(() => handle.acknowledge(reader.read + 1), { code: 'LC_QUEUE_SEQUENCE' });
    const newly = Math.max(0, sequence - reader.acknowledged);
    assert.equal(handle.acknowledge(sequence), newly);
    reader.acknowledged += newly;
    this.collect();
  }

  passed(reader: Reader, read: number): void {
    reader.read = read;
    if (!reader.isExplicit) reader.acknowledged = read;
    this.collect();
  }

  remove(reader: Reader): void {
    this.queue.removeConsumer(reader.name);
    assert.throws(() => this.queue.removeConsumer(reader.name), { code: 'LC_QUEUE_CONSUMER_UNKNOWN' });
    if (reader.handle !== undefined) {
      assert.throws(() => reader.handle?.read(), { code: 'LC_QUEUE_CONSUMER_UNKNOWN' });
      reader.handle.close();
    }
    this.forget(reader);
  }

  forget(reader: Reader): void {
    this.model.readers = this.model.readers.filter(each => each !== reader);
    this.collect();
  }

  /** After someone moved, came or left, what nobody holds is free. */
  collect(): void {
    const { readers, published, freed } = this.model;
    this.model.freed = Math.max(freed, Math.min(published.length, ...readers.map(each => each.acknowledged)));
  }

  check(): void {
    const { published, freed, readers } = this.model;
    const weigh = (from: number): { messages: number; records: number; bytes: number } => {
      const held = published.slice(from);
      return { messages: held.length, records: sum(held, 'records'), bytes: sum(held, 'bytes') };
    };
    const { messages, records, bytes } = this.queue.memoryStats();
    assert.deepEqual({ messages, records, bytes }, weigh(freed));
    assert.ok(messages <= 1 || (records <= MAX_RECORDS && bytes <= MAX_BYTES));
    assert.deepEqual(
      this.freed,
      Array.from({ length: freed }, (_, i) => i + 1),
    );
    for (const reader of readers) {
      if (reader.handle === undefined) continue;
      const { oldestAtMs: _, ...lag } = reader.handle.lag();
      assert.deepEqual(lag, weigh(reader.acknowledged));
    }
    const behind = readers.map(each => published.length - each.acknowledged);
    assert.equal(this.queue.lagStatistics().maxMessages, Math.max(0, ...behind));
    assert.equal(this.queue.stats().consumers, readers.length);
  }
}

describe('MultiConsumerQueue against a naive model', () => {
  it('agrees over any history of publish, read, acknowledge, rewind, close, remove and create', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120, size: 'max' }), actions => {
        const pair = new Pair();
        for (const step of actions) {
          pair.apply(step);
          pair.check();
        }
      }),
      { numRuns: 300 },
    );
  });
});
