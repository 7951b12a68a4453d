import assert from 'node:assert/strict';
import { it } from 'node:test';
import { median, slope } from './samples.ts';

it('the slope of points on a line is that of the line', () => {
  const points = [3, 1, 2, 8].map(x => ({ x, y: 5 - 2 * x }));
  assert.equal(slope(points), -2);
});

it('the slope of what only goes up and down is flat', () => {
  const points = Array.from({ length: 41 }, (_, x) => ({ x, y: x % 2 }));
  assert.ok(Math.abs(slope(points)) < 1e-9);
});

it('a single place has no slope', () => {
  assert.equal(slope([{ x: 1, y: 1 }]), Number.NaN);
});

it('the median is one of the values', () => {
  assert.equal(median([9, 1, 5]), 5);
});
