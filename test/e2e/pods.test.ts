/** The config of the DaemonSet, on files as the kubelet lays them out. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { startAgent } from '../helpers/agent.ts';
import { keptBy } from '../helpers/arrivals.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const MANIFEST = join(import.meta.dirname, '../../deploy/kubernetes/daemonset.yaml');

/** The config, with the node's folder elsewhere. */
function podsConfig(pods: string, url: string): object {
  const documents = parseAllDocuments(readFileSync(MANIFEST, 'utf8')).map(document => document.toJS());
  const text: string = documents.find(({ kind }) => kind === 'ConfigMap').data['log-capturer.yaml'];
  const elsewhere = text.replaceAll('/var/log/pods', pods).replace(/\$\{NODE_NAME\}/, 'node-1');
  const { state_dir, server, ...config } = parse(elsewhere.replace(/\$\{LOKI_URL\}/, url));
  assert.ok(state_dir && server, 'what a test has elsewhere');
  return { ...config, dispatcher: { batch_timeout: '50ms' } };
}

it('labels lines by namespace, pod and container, joins their pieces, and leaves out its own', async t => {
  const scope = scopeOf(t);
  const receiver = await startReceiver(scope, { limits: 'none' });
  const dir = await scope.folder();
  const pods = join(dir, 'pods');
  const container = join(pods, 'shop_web-7d4b9_0a1b-22/nginx');
  const own = join(pods, 'log-capturer_agent-x_33/log-capturer');
  for (const folder of [container, own]) mkdirSync(folder, { recursive: true });
  const log = join(container, '0.log');
  appendFileSync(
    log,
    '2026-11-21T08:00:00.000000001Z stdout P one \n2026-11-21T08:00:00.000000002Z stdout F line\n',
  );
  appendFileSync(log, '2026-11-21T08:00:00.000000003Z stderr F oops\n');
  appendFileSync(join(own, '0.log'), '2026-11-21T08:00:00.000000004Z stderr F own\n');
  await startAgent(scope, { dir, config: podsConfig(pods, receiver.url) });
  await receiver.until(stats => stats.lines === 2);
  // The kubelet's rotation, and a restart of the container: the same streams.
  renameSync(log, `${log}.20261121-080001`);
  appendFileSync(join(container, '1.log'), '2026-11-21T08:00:01.5Z stdout F again\n');
  await receiver.until(stats => stats.lines === 3);
  const labels = { container: 'nginx', job: 'pods', namespace: 'shop', node: 'node-1', pod: 'web-7d4b9' };
  const kept = (await keptBy(receiver)).map(({ line, ts, labels: { service_name: _, ...own } }) => ({
    line,
    ts,
    own,
  }));
  assert.deepEqual(
    kept.sort((a, b) => a.ts.localeCompare(b.ts)),
    [
      { line: 'one line', ts: '1795248000000000001', own: { ...labels, stream: 'stdout' } },
      { line: 'oops', ts: '1795248000000000003', own: { ...labels, stream: 'stderr' } },
      { line: 'again', ts: '1795248001500000000', own: { ...labels, stream: 'stdout' } },
    ],
  );
});
