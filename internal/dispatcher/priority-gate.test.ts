import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { MultiConsumerQueue } from '../../pkg/queue/multi-consumer-queue.ts';
import type { Urgency } from '../../pkg/queue/room.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import { type Priority, PriorityGate } from './priority-gate.ts';

const ONE = { records: 1, bytes: 1 };
const BOUNDS = { records: 20, bytes: 20 };

/** A queue of chunks, which are just names here, and its gate. */
function gateToQueue() {
  const queue = new MultiConsumerQueue<string>({
    maxRecords: BOUNDS.records,
    maxBytes: BOUNDS.bytes,
    clock: new ManualClock(),
  });
  const publish = async (chunk: Chunk, urgency: Urgency): Promise<void> => {
    if (!queue.hasRoom(ONE, urgency)) await queue.whenRoom(ONE, urgency);
    queue.publish(String(chunk), ONE);
  };
  const gate = new PriorityGate({ publish }, BOUNDS);
  const publishAs = (priority: Priority, name: string = priority): Promise<void> =>
    gate.at(priority).publish(name as unknown as Chunk);
  return { queue, publishAs, reader: queue.createConsumer('reader') };
}

describe('PriorityGate', () => {
  it('lets the most urgent in first while there is no room, equals in order', async () => {
    const { queue, publishAs, reader } = gateToQueue();
    for (let n = 0; n < BOUNDS.records; n++) await publishAs('high', 'early');
    const all = [
      publishAs('low'),
      publishAs('normal'),
      publishAs('high', 'high 1'),
      publishAs('high', 'high 2'),
    ];
    const read: (string | undefined)[] = [];
    while (queue.memoryStats().messages > 0) {
      read.push(reader.read()?.data);
      await nextTurn();
    }
    await Promise.all(all);
    assert.deepEqual(read.slice(BOUNDS.records), ['high 1', 'high 2', 'normal', 'low']);
  });

  it('prefers the more urgent of two sources, although each is reading its next lines when there is room', async () => {
    const { queue, publishAs, reader } = gateToQueue();
    let isOver = false;
    const source = async (priority: Priority): Promise<void> => {
      while (!isOver) {
        await publishAs(priority);
        // It reads its next lines.
        await nextTurn();
        await nextTurn();
      }
    };
    await publishAs('high');
    const sources = [source('low'), source('high')];
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    assert.equal(queue.memoryStats().records, BOUNDS.records);
    const read = { low: 0, high: 0 };
    for (let turn = 0; turn < 200; turn++) {
      // A sink takes several chunks at once.
      for (const { data } of reader.readBatch({ messages: 4 })) read[data as 'low' | 'high']++;
      for (let i = 0; i < 12; i++) await nextTurn();
    }
    isOver = true;
    queue.close();
    await Promise.allSettled(sources);
    assert.ok(read.high > 2.5 * read.low, `${read.high} of high priority, ${read.low} of low`);
    assert.ok(read.low > 0.2 * read.high, `starves: ${read.low} of low priority, ${read.high} of high`);
  });

  it('leaves half of the queue to those that are one step more urgent, a quarter where it is two', async () => {
    const { queue, publishAs } = gateToQueue();
    await publishAs('high');
    const waiting: Promise<unknown>[] = [];
    const fill = async (priority: Priority): Promise<number> => {
      for (let n = 0; n < BOUNDS.records; n++) waiting.push(publishAs(priority).catch(() => 'sent away'));
      await nextTurn();
      return queue.memoryStats().records;
    };
    assert.equal(await fill('low'), BOUNDS.records / 4);
    queue.close();
    await Promise.all(waiting);
  });

  it('lets a source that is alone fill the queue, whatever its priority', async () => {
    const { queue, publishAs } = gateToQueue();
    for (let n = 0; n < BOUNDS.records; n++) await publishAs('low');
    assert.equal(queue.memoryStats().records, BOUNDS.records);
  });

  it('sends everyone away when the queue is closed', async () => {
    const { queue, publishAs } = gateToQueue();
    for (let n = 0; n < BOUNDS.records; n++) await publishAs('high');
    const results = Promise.allSettled([publishAs('low'), publishAs('high')]);
    queue.close();
    assert.deepEqual(
      (await results).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });
});
