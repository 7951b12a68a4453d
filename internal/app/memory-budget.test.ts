import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseConfig } from '../config/load.ts';
import { memoryWarning, parkingFactor } from './memory-budget.ts';

const MIB = 1 << 20;

function config(sinks: number) {
  const entries = Array.from({ length: sinks }, (_, n) => `  s${n}: { type: loki, url: "http://l" }`);
  const yaml = `file_monitor: { sources: [{ name: a, paths: [/a] }] }\nsinks:\n${entries.join('\n')}\n`;
  const result = parseConfig('test.yaml', yaml, {});
  assert.ok(result.ok, JSON.stringify(result));
  return result.config;
}

it('leaves the parking as configured where there is memory enough, or where the limit is unknown', () => {
  assert.equal(parkingFactor(config(2), 24 << 30), 1);
  assert.equal(parkingFactor(config(2), 1024 * MIB), 1);
  assert.equal(parkingFactor(config(2), 0), 1);
});

it('shrinks the parkings so that with the queue they take at most 40 % of the limit', () => {
  // 256 MiB: 102.4 for queue (64) and parkings, of which two want 32 each.
  assert.ok(Math.abs(parkingFactor(config(2), 256 * MIB) - 38.4 / 64) < 1e-9);
});

it('never shrinks them to nothing', () => {
  assert.equal(parkingFactor(config(4), 64 * MIB), 0.1);
});

it('warns of a limit that the agent does not fit into, and of no other', () => {
  assert.match(memoryWarning(64 * MIB) ?? '', /the memory limit is 64 MiB.*allow 128 MiB/);
  assert.equal(memoryWarning(128 * MIB), undefined);
  assert.equal(memoryWarning(2 ** 63), undefined);
  assert.equal(memoryWarning(0), undefined);
});
