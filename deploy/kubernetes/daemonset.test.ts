import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseConfig } from '../../internal/config/load.ts';
import { formatError } from '../../internal/config/problem.ts';
import { parseBytes } from '../../pkg/units/units.ts';

const ENV = { LOKI_URL: 'http://loki:3100', NODE_NAME: 'node-1' };

const documents = parseAllDocuments(readFileSync(join(import.meta.dirname, 'daemonset.yaml'), 'utf8'), {
  uniqueKeys: true,
});
const byKind = new Map(documents.map(document => [document.get('kind'), document.toJS()]));
const { spec } = byKind.get('DaemonSet');
const pod = spec.template.spec;
const [container] = pod.containers;

const result = parseConfig('log-capturer.yaml', byKind.get('ConfigMap').data['log-capturer.yaml'], ENV);

describe('daemonset.yaml', () => {
  it('is well-formed, and asks the API server for nothing', () => {
    assert.deepEqual(
      documents.flatMap(({ errors }) => errors),
      [],
    );
    assert.deepEqual([...byKind.keys()], ['Namespace', 'ConfigMap', 'DaemonSet']);
    assert.equal(pod.automountServiceAccountToken, false);
  });

  it('selects the pods that it makes, in one namespace', () => {
    assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
    for (const kind of ['ConfigMap', 'DaemonSet'])
      assert.equal(byKind.get(kind).metadata.namespace, byKind.get('Namespace').metadata.name);
  });

  it('mounts each of its volumes once; only the state can be written', () => {
    const names = (list: { name: string }[]): string[] => list.map(({ name }) => name).sort();
    assert.deepEqual(names(container.volumeMounts), names(pod.volumes));
    const writable = container.volumeMounts.filter(({ readOnly }: { readOnly?: true }) => !readOnly);
    assert.deepEqual(names(writable), ['state']);
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  });

  it('has a config that passes check, and fits into its limits', () => {
    assert.ok(result.ok, result.ok ? '' : result.errors.map(formatError).join('\n'));
    const { dispatcher, stateDir, server } = result.config;
    assert.ok(dispatcher.shutdownTimeoutMs < pod.terminationGracePeriodSeconds * 1000);
    const limitBytes = parseBytes(`${container.resources.limits.memory}B`);
    assert.ok(dispatcher.queueBytes + dispatcher.retryQueueBytes < Number(limitBytes) * 0.4);
    assert.equal(server.port, container.ports[0].containerPort);
    const mounts = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    assert.ok(mounts.includes(stateDir));
  });

  it('does not ship its own log', () => {
    assert.ok(result.ok);
    const [source] = result.config.fileMonitor.sources;
    assert.ok(source?.exclude.some(glob => glob.includes('/log-capturer_*/')));
  });
});
