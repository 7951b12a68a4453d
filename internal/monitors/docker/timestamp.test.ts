import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { timestampOf } from '../../../test/helpers/engine-log.ts';
import { Timestamp } from './timestamp.ts';

const time = new Timestamp();

function read(text: string): [end: number, sec: number, nanos: number] {
  const bytes = Buffer.from(`##${text}`);
  const end = time.read(bytes, 2, bytes.length);
  return [end === -1 ? -1 : end - 2, time.sec, time.nanos];
}

describe('Timestamp', () => {
  it('example: the time that the engine puts before a line', () => {
    assert.deepEqual(read('2026-11-21T11:35:45.054985884Z text'), [31, 1795260945, 54_985_884]);
  });

  it('reads every time of the calendar, to the nanosecond', () => {
    const sec = fc.integer({ min: 0, max: 4_102_444_799 });
    fc.assert(
      fc.property(sec, fc.nat({ max: 999_999_999 }), (s, nanos) => {
        assert.deepEqual(read(`${timestampOf({ sec: s, nanos })} x`), [31, s, nanos]);
      }),
    );
  });

  it('reads the forms of other engines: less digits, offsets', () => {
    assert.deepEqual(read('2026-11-21T12:35:45.05+01:00 x'), [29, 1795260945, 50_000_000]);
    assert.deepEqual(read('2026-11-21T11:35:45Z x'), [21, 1795260945, 0]);
    // A blank in the text where most times end.
    assert.deepEqual(read('2026-11-21T11:35:45Z some text more'), [21, 1795260945, 0]);
  });

  it('says of anything else that it is no time, and does not throw', () => {
    for (const text of [
      '',
      ' ',
      'no time at all, but long enough to be one',
      '2026-13-21T11:35:45.054985884Z x',
    ]) {
      assert.equal(read(text)[0], -1, text);
    }
    assert.equal(read('2026-11-21T11:35:45.05498588xZ x')[0], -1);
    fc.assert(fc.property(fc.string({ maxLength: 60 }), text => read(text)[0] >= -1));
  });
});
