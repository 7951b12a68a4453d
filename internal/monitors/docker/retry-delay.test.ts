import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Brought } from './connection.ts';
import { retryDelayMs } from './retry-delay.ts';

function delays(brought: Brought, tries: number, chance: number): number[] {
  return Array.from({ length: tries }, (_, n) => retryDelayMs(n + 1, brought, () => chance));
}

it('five tries come soon, spread by chance; from then on there is at most one in half a minute', () => {
  assert.deepEqual(delays('nothing', 7, 1), [100, 200, 400, 800, 1600, 45_000, 45_000]);
  assert.deepEqual(delays('nothing', 7, 0), [0, 0, 0, 0, 0, 30_000, 30_000]);
});

it('connections that break in the middle of what is known are tried again soon a dozen times', () => {
  const soon = [100, 200, 400, 800, ...Array<number>(8).fill(1600)];
  assert.deepEqual(delays('repeats', 13, 1), [...soon, 45_000]);
});
