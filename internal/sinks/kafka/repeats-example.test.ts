/** The consumer's example in README.md does what it says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { repeatsExample } from '../../../test/helpers/repeats-example.ts';
import { scopeOf } from '../../../test/helpers/scope.ts';

test('a record is a repeat exactly when its stream was at its place before, in whatever order', async t => {
  const { Repeats } = await repeatsExample(scopeOf(t));
  const place = fc.record({ stream: fc.constantFrom('a', 'b'), position: fc.bigInt({ min: 0n, max: 30n }) });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 60, size: 'max' }), places => {
      const repeats = new Repeats();
      const seen = new Set<string>();
      for (const { stream, position } of places) {
        const digits = String(1_700_000_000_000_000_000n + position);
        const headers = { 'lc.stream': Buffer.from(stream), 'lc.pos': Buffer.from(digits) };
        assert.equal(repeats.has(headers), seen.has(stream + digits));
        seen.add(stream + digits);
      }
    }),
  );
});
