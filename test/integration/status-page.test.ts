/** The status page in a real browser: Chromium without a head, which prints what became of the page. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { startAgent, type TestAgent } from '../helpers/agent.ts';
import { freePort } from '../helpers/free-port.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

/** How long the page may run, of its own time. */
const PAGE_MS = 3000;
const HOSTILE = '<img src=x onerror="document.title=1">';

/** The page as the browser has it in the end; `undefined`, and the test skipped loudly, where there is no Chromium. */
function pageOf(test: TestContext, agent: TestAgent, widthPx: number): string | undefined {
  const { stdout, error } = spawnSync(
    'chromium',
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', `--window-size=${widthPx},1000`],
      ...[`--virtual-time-budget=${PAGE_MS}`, '--dump-dom', agent.url],
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (error === undefined) return stdout;
  assert.notEqual(process.env.CI, 'true', `chromium: ${error.message}`);
  test.skip(`chromium cannot be run: ${error.message}`);
  return undefined;
}

it('shows sources, queue, a sink that works and one that is dead with its letters; hostile text stays text', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const dead = `http://127.0.0.1:${await freePort()}`;
  const config = {
    server: { port: 0 },
    file_monitor: { sources: [{ name: 'app', paths: [join(dir, '*.log')], labels: { job: 'page' } }] },
    dispatcher: { batch_timeout: '20ms', max_retries: 0, retry_delay: '10ms' },
    sinks: { alive: { type: 'loki', url: receiver.url }, dead: { type: 'loki', url: dead } },
  };
  writeFileSync(join(dir, `${HOSTILE.replaceAll('/', '')}.log`), 'one\ntwo\nthree\n');
  const agent = await startAgent(scope, { config, dir });
  await until(
    () => agent.metrics(),
    metrics => [...metrics].some(([name, value]) => name.includes('_dlq_records{') && value === 3),
  );
  const page = pageOf(t, agent, 1280);
  if (page === undefined) return;
  assert.match(page, /<h3[^>]*>app<\/h3>/);
  assert.match(page, /<h3[^>]*>alive<\/h3>/);
  assert.match(page, /breaker closed/);
  assert.match(page, /ECONNREFUSED/);
  assert.match(page, /retries_exhausted/);
  assert.match(page, /&lt;img src=x onerror=/);
  assert.match(page, /<title>log-capturer<\/title>/, 'markup in a name was run');
  assert.equal(await agent.stop(), 0);
});

it('is of use where there is nothing to show', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const config = {
    server: { port: 0 },
    file_monitor: {
      sources: [{ name: 'later', paths: [join(dir, 'later/*.log')], labels: { job: 'page' } }],
    },
    sinks: { out: { type: 'file', path: join(dir, 'out.txt') } },
  };
  const agent = await startAgent(scope, { config, dir });
  const page = pageOf(t, agent, 390);
  if (page === undefined) return;
  assert.match(page, /all well/);
  assert.match(page, /<h3[^>]*>later<\/h3>/);
  assert.match(page, /None: every line has arrived/);
  assert.equal(await agent.stop(), 0);
});
