import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from './config.ts';
import { parseConfig } from './load.ts';
import { PROFILE_NAMES } from './profile.ts';

const REST = 'file_monitor: { sources: [{ name: a, paths: [/a] }] }\nsinks: { loki: { url: "http://l" } }\n';

function config(text: string, env = {}): Config {
  const result = parseConfig('test.yaml', `${text}\n${REST}`, env);
  assert.ok(result.ok, JSON.stringify(result));
  return result.config;
}

it('every profile is a valid config, and balanced is what there is without one', () => {
  for (const name of PROFILE_NAMES) assert.equal(config(`profile: ${name}`).profile, name);
  assert.deepEqual(config('profile: balanced'), config(''));
});

it('a profile sets defaults, for sinks too, which single keys override', () => {
  const { dispatcher, sinks } = config('profile: low_memory\ndispatcher: { workers: 3 }');
  assert.equal(dispatcher.queueBytes, 8 << 20);
  assert.equal(dispatcher.workers, 3);
  assert.equal(sinks[0]?.dispatch.batchBytes, 256 << 10);
  assert.equal(sinks[0]?.dispatch.workers, 3);
  assert.equal(sinks[0]?.dispatch.retryQueueSize, 1000);
});

it('may come from the environment', () => {
  assert.equal(config('profile: ${P}', { P: 'throughput' }).dispatcher.queueBytes, 256 << 20);
});

it('leaves what is wrong in the dispatcher to be reported', () => {
  const result = parseConfig('test.yaml', `profile: low_memory\ndispatcher: [1]\n${REST}`, {});
  assert.deepEqual(!result.ok && result.errors.map(({ path }) => path), ['dispatcher']);
});

it('one that does not exist is an error at its place, and nothing else is', () => {
  const result = parseConfig('test.yaml', `profile: fast\n${REST}`, {});
  assert.ok(!result.ok);
  assert.deepEqual(
    result.errors.map(({ line, path }) => [line, path]),
    [[1, 'profile']],
  );
});
