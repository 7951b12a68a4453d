import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../pkg/types/ports.ts';
import { decodeJournal, encodeHeader, encodeRecord } from './journal-format.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import { type JournalRecord, PositionsState } from './state.ts';

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
const text = fc.string({ unit: 'binary' });
const id = fc.integer({ min: 1, max: 5 });

const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ op: fc.constant('create'), id, kind: text, key: text, meta: json, position: json }),
  fc.record({ op: fc.constant('meta'), id, meta: json }),
  fc.record({ op: fc.constant('commit'), id, n: fc.nat(), position: json }),
  fc.record({ op: fc.constant('forget'), id }),
);

/** What JSON makes of it: `-0` becomes `0`. */
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function journalOf(records: readonly JournalRecord[]): Buffer {
  return Buffer.from([encodeHeader(7, 123), ...records.map(encodeRecord)].join(''));
}

describe('the journal format', () => {
  it('example: a line is a checksum and JSON that people can read', () => {
    assert.equal(encodeRecord({ op: 'forget', id: 3 }), '5addd1f3 {"op":"forget","id":3}\n');
  });

  it('gives back what was written, whatever the keys hold', () => {
    fc.assert(
      fc.property(fc.array(record), records => {
        const { follows, records: found, lostBytes } = decodeJournal(journalOf(records));
        assert.deepEqual([follows, found, lostBytes], [123, asJson(records), 0]);
      }),
    );
  });

  it('gives back the lines before a byte that was changed, or a cut, and no other', () => {
    fc.assert(
      fc.property(fc.array(record), fc.nat(), fc.integer({ min: 1, max: 255 }), (records, place, change) => {
        const whole = journalOf(records);
        const at = place % whole.length;
        const changed = Buffer.from(whole);
        changed[at]! ^= change;
        for (const damaged of [changed, whole.subarray(0, at)]) {
          const { records: found, goodBytes, lostBytes } = decodeJournal(damaged);
          assert.deepEqual(found, asJson(records.slice(0, found.length)));
          assert.ok(goodBytes <= at);
          assert.equal(goodBytes + lostBytes, damaged.length);
        }
      }),
    );
  });
});

describe('the snapshot format', () => {
  const states = fc.array(record).map(records => {
    const state = new PositionsState();
    for (const each of records) state.apply(each);
    return state;
  });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(states, fc.nat(), (state, generation) => {
        const found = decodeSnapshot(encodeSnapshot(generation, state));
        assert.equal(found.generation, generation);
        assert.equal(found.state.nextId, state.nextId);
        assert.deepEqual(asJson([...found.state.tracks]), asJson([...state.tracks]));
      }),
    );
  });

  it('refuses a snapshot of which one byte was changed', () => {
    fc.assert(
      fc.property(states, fc.nat(), fc.integer({ min: 1, max: 255 }), (state, place, change) => {
        const data = encodeSnapshot(1, state);
        data[place % data.length]! ^= change;
        assert.throws(() => decodeSnapshot(data), { code: /^LC_STATE_(CORRUPT|VERSION)$/ });
      }),
    );
  });

  it('is JSON, with a line a track', () => {
    const state = new PositionsState();
    state.create('file', '8:1', '/a.log', 10);
    state.create('file', '8:2', '/b.log', 20);
    const snapshot = encodeSnapshot(1, state).toString();
    assert.equal(JSON.parse(snapshot).tracks.length, 2);
    assert.equal(snapshot.split('\n').filter(line => line.includes('.log')).length, 2);
  });
});
