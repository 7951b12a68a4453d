import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retryDelayMs } from './retry-delay.ts';

it('five tries come soon, spread by chance; from then on there is at most one in half a minute', () => {
  const longest = Array.from({ length: 5 }, (_, n) => retryDelayMs(n + 1, () => 1));
  assert.deepEqual(longest, [100, 200, 400, 800, 1600]);
  assert.equal(
    retryDelayMs(3, () => 0),
    0,
  );
  for (const failures of [6, 7, 1000]) {
    assert.equal(
      retryDelayMs(failures, () => 0),
      30_000,
    );
    assert.equal(
      retryDelayMs(failures, () => 1),
      45_000,
    );
  }
});
