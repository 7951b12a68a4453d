import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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

  it('keeps nothing of what was removed: not the messages, nor the room they took', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const heapMb = (): number => {
      collect();
      return process.memoryUsage().heapUsed / 1e6;
    };
    const log = new MessageLog<unknown>();
    const before = heapMb();
    for (let i = 0; i < 40; i++) log.append({ ...newMessage(log.next), data: new Array(131_072).fill(i) });
    assert.ok(heapMb() - before > 35);
    while (log.messages > 0) log.shift();
    assert.ok(heapMb() - before < 10, 'a megabyte for each message');

    const small = newMessage(0);
    for (let i = 0; i < 1_500_000; i++) log.append({ ...small, sequence: log.next });
    while (log.messages > 0) log.shift();
    assert.ok(heapMb() - before < 10, '16 megabytes for two million slots');
    assert.equal(log.messages, 0, 'the log itself must live until here');
  });
});
