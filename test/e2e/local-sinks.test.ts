/** The sinks `file` and `console` through the whole agent. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startAgent } from '../helpers/agent.ts';
import { numbered } from '../helpers/chunks.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const DISPATCHER = { batch_timeout: '50ms' };

test('an archive beside its source is rotated, is not read again, and holds every line once, in order', async t => {
  const dir = await scopeOf(t).folder();
  const lines = numbered('x'.repeat(100), 5000);
  writeFileSync(join(dir, 'app.log'), `${lines.slice(0, 4000).join('\n')}\n`);
  const config = {
    file_monitor: { sources: [{ name: 'app', paths: [`${dir}/**/*.log*`], labels: { job: '../up' } }] },
    dispatcher: DISPATCHER,
    sinks: {
      archive: {
        type: 'file',
        path: join(dir, 'archive', '{job}.log'),
        rotate: { max_bytes: '100KiB', keep: 100 },
      },
    },
  };
  const agent = await startAgent(t, { config, dir });
  const archive = join(dir, 'archive');
  const archived = (): string[] => {
    const names = readdirSync(archive).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    return names.flatMap(name => {
      const bytes = readFileSync(join(archive, name));
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').slice(0, -1);
    });
  };
  const delivered = (count: number) =>
    until(
      () => agent.metrics(),
      series => series.get('log_capturer_logs_settled_total{sink="archive",outcome="delivered"}') === count,
    );
  await delivered(4000);
  appendFileSync(join(dir, 'app.log'), `${lines.slice(4000).join('\n')}\n`);
  await delivered(5000);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
  assert.deepEqual(archived(), lines);
  const names = readdirSync(archive);
  assert.ok(names.length > 3 && names.every(name => name.startsWith('%2E.%2Fup.log')), names.join());
});

/** The file that is written to comes last. */
function rank(name: string): number {
  return name.endsWith('.log') ? 1 : 0;
}

test('console: a reader that stops holds up the console alone, and gets every line once when it goes on', async t => {
  const dir = await scopeOf(t).folder();
  mkdirSync(join(dir, 'archive'));
  const lines = numbered('\x1b[31mred', 20_000);
  const config = {
    file_monitor: { sources: [{ name: 'app', paths: [join(dir, 'app.log')] }] },
    dispatcher: { ...DISPATCHER, queue_size: 100_000 },
    sinks: {
      console: { format: 'text' },
      archive: { type: 'file', path: join(dir, 'archive', 'all') },
    },
  };
  const agent = await startAgent(t, { config, dir });
  const { stdout } = agent.process.child;
  stdout!.removeAllListeners('data').pause();
  writeFileSync(join(dir, 'app.log'), `${lines.join('\n')}\n`);
  await until(
    () => agent.metrics(),
    series => series.get('log_capturer_logs_settled_total{sink="archive",outcome="delivered"}') === 20_000,
  );
  let text = '';
  stdout!.on('data', piece => {
    text += piece;
  });
  stdout!.resume();
  await until(
    async () => text.split('\n').length,
    count => count > 20_000,
  );
  const shown = text.split('\n').slice(0, -1);
  assert.deepEqual(
    shown.map(line => line.slice(line.indexOf(' ') + 1)),
    lines.map(line => line.replace('\x1b', '\\x1b')),
  );
  assert.equal(await agent.stop(), 0);
});
