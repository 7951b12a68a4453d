import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { answerOrder } from '../../internal/dlq/api.ts';
import { DeadLetterQueue } from '../../internal/dlq/dead-letter-queue.ts';
import type { Order } from '../../internal/dlq/orders.ts';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { batchOfLines, reasonOf } from '../helpers/dead-letters.ts';

const MAIN = join(import.meta.dirname, '../../cmd/log-capturer/main.ts');
const TOKEN = 'secret-of-the-test';

interface Answer {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

interface Place {
  readonly queue: DeadLetterQueue;
  readonly configPath: string;
  readonly dir: string;
  dlq(...args: readonly string[]): Promise<Answer>;
}

/** A state directory with four letters, in use by a queue that stands for the agent, whose API listens on `port`. */
async function newPlace(context: TestContext, port = 1): Promise<Place> {
  const stateDir = await mkdtemp(join(tmpdir(), 'dlq-'));
  const dir = join(stateDir, 'dlq');
  const configPath = join(stateDir, 'config.yaml');
  const config = [
    `state_dir: ${stateDir}`,
    `server: { port: ${port}, token: ${TOKEN} }`,
    'file_monitor: { sources: [{ name: logs, paths: [/nowhere/*.log], labels: { job: logs } }] }',
    'sinks: { loki: { url: "http://127.0.0.1:1" } }',
  ];
  await writeFile(configPath, config.join('\n'));
  const queue = newQueue(dir);
  await queue.start();
  context.after(async () => {
    await queue.close();
    await rm(stateDir, { recursive: true });
  });
  const now = Date.now();
  await queue.store('loki', batchOfLines(['an old one']), reasonOf('rejected', now - 7_200_000));
  await queue.store('loki', batchOfLines(['evil \u001b[2J "line"']), reasonOf('rejected', now));
  await queue.store('loki', batchOfLines(['overflowed']), reasonOf('overflow', now));
  await queue.store('kafka', batchOfLines(['x'.repeat(500)]), reasonOf('too_large', now));
  const dlq = (...args: readonly string[]): Promise<Answer> =>
    new Promise(resolve => {
      execFile(process.execPath, [MAIN, 'dlq', ...args, '--config', configPath], (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
    });
  return { queue, configPath, dir, dlq };
}

function newQueue(dir: string): DeadLetterQueue {
  return new DeadLetterQueue({
    ...{ dir, fs: nodeFs, clock: systemClock, logger: silentLogger, metrics: silentMetrics },
    config: { maxBytes: 1e9, maxAgeMs: 7 * 86_400_000, segmentBytes: 1e6, onFull: 'block', replay: 'auto' },
    streams: new StreamRegistry(),
  });
}

describe('log-capturer dlq', () => {
  it('lists and shows beside a running agent, whatever the letters do to terminals', async context => {
    const { dlq, dir } = await newPlace(context);
    const listed = await dlq('list');
    assert.equal(listed.code, 0);
    assert.match(listed.stdout, /^loki +rejected +2 +0\.\d kB$/m);
    assert.match(listed.stdout, /^4 of 4 letters$/m);
    assert.match(listed.stdout, /^loki:1:\d+ .*rejected +it said "no" +evil \\u\{1b\}\[2J "line"$/m);
    assert.ok(!listed.stdout.includes('\u001b'));
    const json = JSON.parse((await dlq('list', '--json', '--sink', 'kafka')).stdout);
    assert.deepEqual(
      json.letters.map(({ id }: { id: string }) => id),
      ['kafka:1:0'],
    );
    const shown = await dlq('show', '--since', '1h', '--cause', 'rejected', '--json');
    assert.equal(JSON.parse(shown.stdout).line, 'evil \u001b[2J "line"');
    assert.match((await dlq('show', 'kafka:1:0')).stdout, /^line +x{500}$/m);
    assert.ok((await readFile(join(dir, '.lock'))).length > 0);
  });

  it('replays and purges through the API of a running agent', async context => {
    const server = createServer(async (request, response) => {
      const order = request.url?.split('/').at(-1) as Order;
      const isAllowed = request.headers.authorization === `Bearer ${TOKEN}`;
      const reply = isAllowed
        ? await answerOrder(place.queue, order, await text(request))
        : { status: 401, body: { error: 'no' } };
      response.writeHead(reply.status).end(JSON.stringify(reply.body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => server.close());
    const place = await newPlace(context, (server.address() as AddressInfo).port);
    const replayed = await place.dlq('replay', '--cause', 'rejected', '--since', '1h');
    assert.equal(replayed.code, 0);
    assert.match(replayed.stdout, /^will send again 1 letters \(0\.\d kB\)$/m);
    assert.equal(place.queue.replayable('loki'), 2);
    const purged = JSON.parse((await place.dlq('purge', '--sink', 'kafka', '--json')).stdout);
    assert.deepEqual([purged.records, purged.agent], [1, true]);
    assert.deepEqual((await place.queue.list({ sink: 'kafka' })).letters, []);
  });

  it('says so when the running agent does not answer', async context => {
    const { dlq } = await newPlace(context);
    const { code, stderr } = await dlq('purge', '--sink', 'kafka');
    assert.equal(code, 1);
    assert.match(stderr, /LC_SERVER_REQUEST/);
    assert.ok(!stderr.includes(TOKEN));
  });

  it('works on the folder when no agent runs, and leaves an audit line', async context => {
    const { dlq, queue, dir } = await newPlace(context);
    await queue.close();
    assert.match((await dlq('purge', '--dry-run')).stdout, /^would purge 4 letters/);
    assert.match((await dlq('purge', '--sink', 'kafka')).stdout, /^purged 1 letters/);
    assert.match(
      (await dlq('replay', '--cause', 'rejected')).stdout,
      /^will send again 2 letters .*, when the agent runs$/m,
    );
    const audit = (await readFile(join(dir, 'audit.ndjson'), 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      audit.map(line => JSON.parse(line).order),
      ['purge', 'replay'],
    );
    const next = newQueue(dir);
    await next.start();
    assert.equal(next.replayable('loki'), 3);
    assert.equal(next.replayable('kafka'), 0);
    await next.close();
  });

  it('ends with 2 for what it does not understand, and purges nothing without being told what', async context => {
    const { dlq, queue } = await newPlace(context);
    const wrong = [
      ['purge'],
      ['list', '--cause', 'bad'],
      ['list', '--since', 'soon'],
      ['replay', '--limit', '0'],
      ['purge', '--sinks', 'x'],
    ];
    for (const args of wrong) assert.equal((await dlq(...args)).code, 2, args.join(' '));
    assert.equal((await queue.list({})).letters.length, 4);
  });
});
