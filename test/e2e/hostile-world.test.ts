import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const NUL_BYTES = 100 << 20;
/** Takes a backtracking matcher longer than the sun will shine. */
const BOMB = `${'a'.repeat(50_000)}!`;
const NAMES = [
  '\u001b[2Jred.log',
  'two\nlines.log',
  '{job}..{filename}.log',
  '%2e%2e%2fup.log',
  '$(reboot) `id`.log',
];

it('hostile names, templates, patterns and 100 MB of NULs: no crash, no stall, no path leaves its folder (O8)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const [logs, out] = [join(dir, 'logs'), join(dir, 'out')];
  mkdirSync(logs);
  mkdirSync(out);
  const receiver = await startReceiver(scope);
  for (const name of NAMES) writeFileSync(join(logs, name), `said by a hostile name\n`);
  const nuls = join(logs, 'nuls.log');
  truncateSync(writeEmpty(nuls), NUL_BYTES);
  appendFileSync(nuls, '\nafter the NULs\n');
  writeFileSync(join(logs, 'bomb.log'), `start\n${BOMB}\n${BOMB}\nstart\nafter the bomb\nstart\n`);
  const base = pathsToLoki([join(logs, '*.log')], receiver.url);
  const config = {
    ...base,
    log: { level: 'debug' },
    file_monitor: {
      sources: [
        {
          name: 'plain',
          paths: [join(logs, '*.log')],
          exclude: ['**/bomb.log'],
          labels: { job: '../../../evil' },
        },
        {
          ...{ name: 'bomb', paths: [join(logs, 'bomb.log')], max_line_bytes: '64KiB' },
          multiline: { start: '^(a+)+$|^(a|aa)+b|start', timeout: '100ms' },
        },
      ],
    },
    sinks: {
      loki: { url: receiver.url },
      archive: { type: 'file', path: join(out, '{job}', '{filename}.log') },
    },
  };
  const startMs = performance.now();
  const agent = await startAgent(scope, { config, dir });
  await agent.reload({ ...config, log: { level: 'debug', format: 'text' } });
  // The names, what follows the NULs (an empty line, too), and three records that begin with `start`.
  await receiver.until(stats => stats.lines >= NAMES.length + 2 + 3);
  assert.ok(performance.now() - startMs < 30_000, 'nothing stalls');
  const lines = await receiver.lines();
  assert.equal(lines.filter(line => line === 'said by a hostile name').length, NAMES.length);
  assert.ok(lines.includes('after the NULs'));
  assert.ok(lines.includes('start\nafter the bomb'));
  await until(
    () => agent.metrics(),
    metrics => metrics.get('log_capturer_logs_in_flight{sink="archive"}') === 0,
  );
  assert.deepEqual(readdirSync(dir).sort(), ['config.yaml', 'logs', 'out', 'state']);
  assert.ok(readdirSync(out, { recursive: true }).length > 0);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
  assert.ok(!agent.process.stderr().includes('\u001b'), 'nothing in the log moves a cursor');
});

function writeEmpty(path: string): string {
  writeFileSync(path, '');
  return path;
}
