import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { Throttle } from './throttle.ts';

test('the first line passes at once, then one in each period, which tells how many were held back', async () => {
  const clock = new ManualClock();
  const throttle = new Throttle(clock, 10_000, 10);
  assert.equal(throttle.admit('a'), 0);
  assert.equal(throttle.admit('a'), undefined);
  await clock.advance(9_999);
  assert.equal(throttle.admit('a'), undefined);
  await clock.advance(1);
  assert.equal(throttle.admit('a'), 2);
  assert.equal(throttle.admit('a'), undefined);
  await clock.advance(20_000);
  assert.equal(throttle.admit('a'), 1);
});

test('a wall clock that jumps changes nothing', () => {
  const clock = new ManualClock();
  const throttle = new Throttle(clock, 10_000, 10);
  throttle.admit('a');
  clock.jumpWall(3_600_000);
  assert.equal(throttle.admit('a'), undefined);
});

test('keys do not hold each other back', () => {
  const throttle = new Throttle(new ManualClock(), 10_000, 10);
  assert.equal(throttle.admit('a'), 0);
  assert.equal(throttle.admit('b'), 0);
});

test('a flood of keys is remembered up to the limit only, the latest ones', () => {
  const clock = new ManualClock();
  const throttle = new Throttle(clock, 10_000, 100);
  for (let i = 0; i < 10_000; i++) throttle.admit(`key ${i}`);
  assert.equal(throttle.remembered, 100);
  assert.equal(throttle.admit('key 9999'), undefined);
  assert.equal(throttle.admit('key 0'), 0);
});

test('no timer is armed', () => {
  const clock = new ManualClock();
  const throttle = new Throttle(clock, 10_000, 10);
  throttle.admit('a');
  throttle.admit('a');
  assert.equal(clock.armed, 0);
});
