import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nanosText, parseInstant } from './instant.ts';

test('a time in nanoseconds is read back from its text, before and after 1970', () => {
  const sec = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
  fc.assert(
    fc.property(sec, fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanos) => {
      const text = nanosText(seconds, nanos);
      assert.equal(BigInt(text), BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
      if (text.length > 11) assert.deepEqual(parseInstant(text), { sec: seconds, nanos });
    }),
  );
});

test('the query API takes seconds, nanoseconds, fractions and RFC 3339', () => {
  assert.deepEqual(parseInstant('1700000000'), { sec: 1_700_000_000, nanos: 0 });
  assert.deepEqual(parseInstant('1700000000123456789'), { sec: 1_700_000_000, nanos: 123_456_789 });
  assert.deepEqual(parseInstant('1700000000.5'), { sec: 1_700_000_000, nanos: 500_000_000 });
  assert.deepEqual(parseInstant('2023-11-14T22:13:20.250Z'), { sec: 1_700_000_000, nanos: 250_000_000 });
  assert.equal(parseInstant('yesterday'), undefined);
});
