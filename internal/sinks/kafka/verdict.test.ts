import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodes } from 'kafkajs/src/protocol/error.js';
import { verdictOf } from './verdict.ts';

const asOf = (code: number): string => verdictOf(code).as;

function messageOf(code: number): string {
  const verdict = verdictOf(code);
  return verdict.as === 'stored' ? '' : verdict.failure.message;
}

describe('verdictOf', () => {
  it('takes nothing for stored but success and a repeat', () => {
    const stored: number[] = [];
    for (let code = -32_768; code < 32_768; code++) if (asOf(code) === 'stored') stored.push(code);
    assert.deepEqual(stored, [0, 46]);
  });

  it('gives records up only where Kafka blames them', () => {
    const codes = Array.from({ length: 200 }, (_, n) => n - 1);
    assert.deepEqual(
      codes.filter(code => ['split', 'refused'].includes(asOf(code))),
      [10, 17, 18, 32, 87],
    );
  });

  it('tries again whatever kafkajs tries again, under the same name', () => {
    const renamed = new Map([
      ['UNKNOWN', 'UNKNOWN_SERVER_ERROR'],
      ['NOT_LEADER_FOR_PARTITION', 'NOT_LEADER_OR_FOLLOWER'],
      ['GROUP_LOAD_IN_PROGRESS', 'COORDINATOR_LOAD_IN_PROGRESS'],
      ['GROUP_COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE'],
      ['NOT_COORDINATOR_FOR_GROUP', 'NOT_COORDINATOR'],
    ]);
    for (const { code, type, retriable } of errorCodes) {
      const message = messageOf(code);
      if (code === 46 || message.startsWith('an error')) continue;
      assert.ok(message.startsWith(`${renamed.get(type) ?? type} (${code})`), `${type}: ${message}`);
      if (retriable) assert.equal(asOf(code), 'retry', type);
    }
  });

  it('asks for metadata where the leader may be another', () => {
    const needing = [3, 5, 6, 9, 13, 56, 74, 75].map(code => {
      const verdict = verdictOf(code);
      return verdict.as === 'retry' && verdict.needsMetadata;
    });
    assert.ok(needing.every(Boolean));
  });

  it('never blames a record for what a person has to change', () => {
    for (const code of [21, 29, 31, 33, 35, 54, 58, 76]) assert.equal(asOf(code), 'blocked', String(code));
    assert.match(messageOf(29), /grant Write/);
    assert.match(messageOf(31), /IdempotentWrite/);
  });

  it('knows what the producer has lost: its place, or its id', () => {
    assert.deepEqual([45, 59].map(asOf), ['new_epoch', 'new_epoch']);
    assert.deepEqual([47, 49, 90].map(asOf), ['new_producer', 'new_producer', 'new_producer']);
  });

  it('waits as long as the broker asks', () => {
    const verdict = verdictOf(89, 1500);
    assert.ok(verdict.as === 'retry' && verdict.afterMs === 1500 && verdict.failure.kind === 'rate_limited');
    assert.ok(!('afterMs' in verdictOf(7)));
  });

  it('tries an unknown code again and names it', () => {
    assert.equal(asOf(4711), 'retry');
    assert.match(messageOf(4711), /4711/);
  });
});
