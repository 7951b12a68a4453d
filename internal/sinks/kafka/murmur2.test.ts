import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import murmur2 from 'kafkajs/src/producer/partitioners/default/murmur2.js';
import { keyHash } from './murmur2.ts';

test("the values of Kafka's own test (UtilsTest.testMurmur2)", () => {
  const golden: Readonly<Record<string, number>> = {
    '21': -973_932_308,
    foobar: -790_332_482,
    'a-little-bit-long-string': -985_981_536,
    'a-little-bit-longer-string': -1_486_304_829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58_897_971,
    abc: 479_470_107,
  };
  for (const [key, hash] of Object.entries(golden))
    assert.equal(keyHash(Buffer.from(key)), hash & 0x7fff_ffff, key);
});

test('any key has the hash that kafkajs gives it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      assert.equal(keyHash(bytes), murmur2(Buffer.from(bytes)) & 0x7fff_ffff);
    }),
  );
});
