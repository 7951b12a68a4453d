/** The whole agent against a real Loki: what was written is read back through its queries, each line once, in order. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startAgent } from '../helpers/agent.ts';
import { readBack } from '../helpers/loki-reader.ts';
import { lokiProgram, NO_RATES, RealLoki } from '../helpers/real-loki.ts';
import type { TenantLimits } from '../helpers/real-loki-config.ts';
import { assertKept, logsIn, shipping } from '../helpers/real-loki-run.ts';
import { Scope, scopeOf } from '../helpers/scope.ts';
import { startWriter } from '../helpers/steady-writer.ts';

const LINES_PER_SECOND = 3000;
/** A stream that Loki divides because it is fast keeps what is sent again twice, in two shards. */
const UNDIVIDED = { shard_streams: { enabled: false } };

function seconds(count: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, count * 1000));
}

/** A Loki with tenants that have no limits of rate, unless they say so. */
async function start(t: TestContext, tenants: Readonly<Record<string, TenantLimits>>) {
  const program = lokiProgram(t);
  if (program === undefined) return undefined;
  const scope = scopeOf(t);
  const unlimited = Object.entries(tenants).map(
    ([name, limits]) => [name, { ...NO_RATES, ...limits }] as const,
  );
  return { scope, loki: await RealLoki.start(scope, program, Object.fromEntries(unlimited)) };
}

test('files that are read from the beginning, in both encodings', async t => {
  const rig = await start(t, { protobuf: {}, json: {} });
  if (rig === undefined) return;
  const { scope, loki } = rig;
  for (const encoding of ['protobuf', 'json']) {
    const dir = await scope.folder();
    const logs = logsIn(dir, 'a', 'b', 'c');
    for (const log of logs) log.append(10_000);
    const agent = await startAgent(scope, {
      config: shipping(dir, loki.url, { tenant: encoding, encoding }),
      dir,
    });
    await agent.delivered('loki', 30_000);
    await agent.assertBalanced();
    await assertKept(loki.url, encoding, logs);
    assert.equal(await agent.stop(), 0);
  }
});

test('an agent that is killed again and again: what is sent again is kept once', async t => {
  const rig = await start(t, { kill: UNDIVIDED });
  if (rig === undefined) return;
  const { scope, loki } = rig;
  const dir = await scope.folder();
  const logs = logsIn(dir, 'a', 'b');
  const writer = startWriter(scope, logs, LINES_PER_SECOND);
  const config = shipping(dir, loki.url, { tenant: 'kill' });
  for (let n = 0; n < 4; n++) {
    const life = new Scope();
    const agent = await startAgent(life, { config, dir });
    await agent.delivered('loki', LINES_PER_SECOND);
    await agent.kill9();
    await life.close();
  }
  await writer.stop();
  const agent = await startAgent(scope, { config, dir });
  await assertKept(loki.url, 'kill', logs);
  assert.equal(await agent.stop(), 0);
});

test('a Loki that is killed under load and comes back', async t => {
  const rig = await start(t, { restart: UNDIVIDED });
  if (rig === undefined) return;
  const { scope, loki } = rig;
  const dir = await scope.folder();
  const logs = logsIn(dir, 'a', 'b');
  const writer = startWriter(scope, logs, LINES_PER_SECOND);
  const agent = await startAgent(scope, { config: shipping(dir, loki.url, { tenant: 'restart' }), dir });
  for (let n = 0; n < 2; n++) {
    await seconds(2);
    await loki.kill9();
    await seconds(1);
    await loki.restart();
  }
  await writer.stop();
  await assertKept(loki.url, 'restart', logs);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

test('limits of rate, of the tenant and of a stream: the agent slows down, and nothing is lost', async t => {
  const rig = await start(t, {
    tenant: { ingestion_rate_mb: 0.5, ingestion_burst_size_mb: 0.5 },
    stream: { per_stream_rate_limit: '256KB', per_stream_rate_limit_burst: '512KB' },
  });
  if (rig === undefined) return;
  const { scope, loki } = rig;
  for (const tenant of ['tenant', 'stream']) {
    const dir = await scope.folder();
    const logs = logsIn(dir, 'a', 'b');
    for (const log of logs) log.append(8000);
    const config = shipping(dir, loki.url, { tenant }, { batch_bytes: '256KiB' });
    const agent = await startAgent(scope, { config, dir });
    await agent.delivered('loki', 16_000);
    await agent.assertBalanced();
    await assertKept(loki.url, tenant, logs);
    assert.equal(await agent.stop(), 0);
  }
});

test('a tenant from a label, and more streams than max_streams', async t => {
  const rig = await start(t, { 'team-a': {}, 'team-b': {}, guarded: {} });
  if (rig === undefined) return;
  const { scope, loki } = rig;
  for (const team of ['a', 'b']) {
    const dir = await scope.folder();
    const logs = logsIn(dir, team);
    for (const log of logs) log.append(1000);
    const config = shipping(dir, loki.url, { tenant: 'team-{team}', labels: { team } });
    const agent = await startAgent(scope, { config, dir });
    await assertKept(loki.url, `team-${team}`, logs);
    assert.equal(await agent.stop(), 0);
  }
  const dir = await scope.folder();
  const logs = logsIn(dir, ...Array.from({ length: 60 }, (_, n) => `f${n}`));
  for (const log of logs) log.append(20);
  const config = shipping(dir, loki.url, { tenant: 'guarded', max_streams: 10 });
  const agent = await startAgent(scope, { config, dir });
  await agent.delivered('loki', 1200);
  const streams = new Set<string>();
  let lines = 0;
  for await (const { labels } of readBack(loki.url, '{service_name=~".+"}', 'guarded')) {
    streams.add(JSON.stringify(labels));
    lines++;
  }
  assert.equal(lines, 1200);
  assert.ok(streams.size <= 10, `${streams.size} streams`);
  assert.equal(await agent.stop(), 0);
});
