import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseConfig } from '../config/load.ts';
import { memoryNotice, withinMemory } from './memory-budget.ts';

const MIB = 1 << 20;

function config(sinks: number) {
  const entries = Array.from({ length: sinks }, (_, n) => `  s${n}: { type: loki, url: "http://l" }`);
  const yaml = `file_monitor: { sources: [{ name: a, paths: [/a] }] }\nsinks:\n${entries.join('\n')}\n`;
  const result = parseConfig('test.yaml', yaml, {});
  assert.ok(result.ok, JSON.stringify(result));
  return result.config;
}

/** The bounds in memory of a config with so many sinks, as they are under a limit. */
function boundsOf(sinks: number, limitBytes: number) {
  const fitted = withinMemory(config(sinks), limitBytes);
  const total = (of: (dispatch: (typeof fitted.sinks)[number]['dispatch']) => number): number =>
    fitted.sinks.reduce((sum, { dispatch }) => sum + of(dispatch), 0);
  return {
    queue: fitted.dispatcher.queueBytes,
    parkings: total(dispatch => dispatch.retryQueueBytes),
    batch: fitted.sinks[0]!.dispatch.batchBytes,
    flight: total(({ workers, batchBytes }) => workers * batchBytes),
  };
}

it('leaves the config alone where there is memory enough, or where the limit is unknown', () => {
  const two = config(2);
  for (const limitBytes of [0, 512 * MIB, 24 << 30, 2 ** 63])
    assert.equal(withinMemory(two, limitBytes), two);
});

it('lets queue and parkings have 40 % of what the agent does not take itself', () => {
  // 256 MiB without 48: 83.2 for a queue of 64, which is at most half of it, and for parkings that want 32 each.
  const { queue, parkings, batch } = boundsOf(2, 256 * MIB);
  assert.ok(Math.abs(queue / MIB - 41.6) < 0.01);
  assert.ok(Math.abs(parkings / MIB - 41.6) < 0.01);
  assert.equal(batch, MIB);
});

it('makes batches so small that all sends together take an eighth of that', () => {
  const { flight, batch } = boundsOf(4, 96 * MIB);
  assert.ok(flight <= (48 * MIB * 0.4) / 8);
  assert.ok(batch < MIB);
});

it('never shrinks them to nothing', () => {
  const { queue, parkings, batch } = boundsOf(8, 16 * MIB);
  assert.equal(queue, 2 * MIB);
  assert.ok(Math.abs(parkings - 2 * MIB) < 8);
  assert.equal(batch, 64 << 10);
});

it('tells of what was made smaller, of a limit that is too low for the program, and of nothing else', () => {
  const notice = (limitBytes: number): string => {
    const two = config(2);
    return memoryNotice(two, withinMemory(two, limitBytes), limitBytes) ?? '';
  };
  assert.match(notice(64 * MIB), /the memory limit is 64 MiB: .*smaller than configured.*allow 128 MiB/);
  assert.match(notice(256 * MIB), /the memory limit is 256 MiB: .*smaller than configured[^;]*$/);
  for (const limitBytes of [0, 512 * MIB, 2 ** 63]) assert.equal(notice(limitBytes), '');
});
