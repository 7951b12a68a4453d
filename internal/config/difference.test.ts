import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Config } from './config.ts';
import { changedKeys, changesOf, takenOver } from './difference.ts';
import { parseConfig } from './load.ts';

function config(more = '', sink = 'auth: { bearer: abc }'): Config {
  const yaml = `file_monitor: { sources: [{ name: a, paths: [/a], labels: { job: x, filename: null } }] }
sinks: { loki: { url: "http://l", ${sink} } }
${more}`;
  const result = parseConfig('test.yaml', yaml, {});
  assert.ok(result.ok, JSON.stringify(result));
  return result.config;
}

it('a config that says the same differs in nothing', () => {
  const [now, next] = [config(), config()];
  assert.deepEqual(changesOf(now.sinks, next.sinks), { added: [], changed: [], removed: [] });
  assert.deepEqual(changesOf(now.fileMonitor.sources, next.fileMonitor.sources).changed, []);
  assert.deepEqual(changedKeys(now, next), { live: [], start: [] });
});

it('another secret is a change, although it looks the same', () => {
  const { changed } = changesOf(config().sinks, config('', 'auth: { bearer: abd }').sinks);
  assert.deepEqual(
    changed.map(({ name }) => name),
    ['loki'],
  );
  assert.deepEqual(changedKeys(config('server: { token: a }'), config('server: { token: b }')).live, [
    'server.token',
  ]);
});

it('a default of the dispatcher changes the sinks that do not override it', () => {
  const next = config('dispatcher: { batch_size: 5 }');
  assert.equal(changesOf(config().sinks, next.sinks).changed.length, 1);
  assert.equal(
    changesOf(
      config('', 'batch_size: 5').sinks,
      config('dispatcher: { batch_size: 6 }', 'batch_size: 5').sinks,
    ).changed.length,
    0,
  );
});

it('parts come and go by their names', () => {
  const part = (name: string, value = 0) => ({ name, value });
  const { added, changed, removed } = changesOf(
    [part('stays'), part('changes'), part('goes')],
    [part('comes'), part('changes', 1), part('stays')],
  );
  assert.deepEqual([added, changed, removed], [[part('comes')], [part('changes', 1)], [part('goes')]]);
});

it('what takes effect at once is told from what needs a restart, which stays as it is', () => {
  const now = config();
  const next = config(`
state_dir: /other
log: { level: debug }
server: { port: 1234, token: x }
dispatcher: { queue_size: 9, queue_bytes: 2MiB, shutdown_timeout: 9s }
dlq: { max_age: 1d }`);
  assert.deepEqual(changedKeys(now, next), {
    live: ['log.level', 'server.token', 'dispatcher.shutdown_timeout'],
    start: ['state_dir', 'server.port', 'dispatcher.queue_size', 'dispatcher.queue_bytes', 'dlq'],
  });
  const taken = takenOver(now, next);
  assert.equal(taken.dispatcher.shutdownTimeoutMs, 9000);
  assert.equal(taken.server.token?.reveal(), 'x');
  assert.deepEqual(changedKeys(now, taken).start, []);
});
