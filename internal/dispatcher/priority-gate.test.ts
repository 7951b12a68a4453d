import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { Publisher } from '../../pkg/types/ports.ts';
import { type Priority, PriorityGate } from './priority-gate.ts';

/** A queue with room for one chunk at a time, when it is made; chunks are just names here. */
class NarrowQueue implements Publisher {
  readonly taken: string[] = [];
  #makeRoom: (() => void) | undefined;

  async publish(chunk: Chunk): Promise<void> {
    await new Promise<void>(resolve => {
      this.#makeRoom = resolve;
    });
    this.taken.push(String(chunk));
  }

  async take(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#makeRoom?.();
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}

function publishing(gate: PriorityGate): (name: string, priority: Priority) => Promise<void> {
  return (name, priority) => gate.at(priority).publish(name as unknown as Chunk);
}

describe('PriorityGate', () => {
  it('lets the most urgent in first while there is no room, equals in order', async () => {
    const queue = new NarrowQueue();
    const publish = publishing(new PriorityGate(queue));
    const all = [
      publish('first', 'low'),
      publish('low', 'low'),
      publish('normal', 'normal'),
      publish('high 1', 'high'),
      publish('high 2', 'high'),
    ];
    await queue.take(5);
    await Promise.all(all);
    assert.deepEqual(queue.taken, ['first', 'high 1', 'high 2', 'normal', 'low']);
  });

  it('starves nobody: every fourth turn goes to whoever has waited longest', async () => {
    const queue = new NarrowQueue();
    const publish = publishing(new PriorityGate(queue));
    const all = [publish('first', 'high'), publish('patient', 'low')];
    for (let i = 0; i < 20; i++) all.push(publish(`high ${i}`, 'high'));
    await queue.take(5);
    assert.ok(queue.taken.includes('patient'), queue.taken.join(', '));
    await queue.take(17);
    await Promise.all(all);
  });

  it('goes on when the queue refuses', async () => {
    const gate = new PriorityGate({ publish: () => Promise.reject(new Error('closed')) });
    const publish = publishing(gate);
    const results = await Promise.allSettled([publish('a', 'low'), publish('b', 'high')]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });
});
