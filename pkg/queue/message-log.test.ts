import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { Message } from './message.ts';
import { MessageLog } from './message-log.ts';

function newMessage(sequence: number): Message<number> {
  const weight = { records: sequence % 3, bytes: sequence % 7 };
  return { sequence, data: sequence, ...weight, atMs: 0, producer: '', group: undefined };
}

describe('MessageLog', () => {
  it('agrees with an array while it grows, wraps around and shrinks', () => {
    const runs = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 300 })), {
      maxLength: 12,
      size: 'max',
    });
    fc.assert(
      fc.property(runs, steps => {
        const log = new MessageLog<number>();
        const model: Message<number>[] = [];
        for (const [pushes, shifts] of steps) {
          for (let i = 0; i < pushes; i++) {
            const message = newMessage(log.next);
            log.append(message);
            model.push(message);
          }
          const remaining = Math.max(0, model.length - shifts);
          while (model.length > remaining) assert.equal(log.shift(), model.shift());
          assert.equal(log.messages, model.length);
          assert.equal(
            log.records,
            model.reduce((sum, each) => sum + each.records, 0),
          );
          model.forEach((message, i) => void assert.equal(log.at(log.head + i), message));
          assert.equal(log.at(log.head - 1), undefined);
          assert.equal(log.at(log.next), undefined);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps nothing of what was removed: not the messages, nor the room they took', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const heapBytes = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const log = new MessageLog<object>();
    const append = (): void => log.append({ ...newMessage(log.next), data: {} });
    const before = heapBytes();
    for (let i = 0; i < 100_000; i++) append();
    while (log.messages > 0) log.shift();
    assert.ok(heapBytes() - before < 500_000);
    append();
    const removed = new WeakRef(log.shift().data);
    // A WeakRef keeps its target until the turn of the event loop in which it was made is over.
    await nextTurn();
    collect();
    assert.equal(removed.deref(), undefined);
  });
});
