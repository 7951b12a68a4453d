import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unquoteGo } from '../../../pkg/logql/go-string.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { numbered, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { lokiStreams } from '../../../test/helpers/loki-selection.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';
import type { LokiStream } from './loki-stream.ts';

function streamOf(own: Record<string, string>, added: Record<string, string> = {}): LokiStream {
  return lokiStreams({ labels: added }).of(partOf(testChunk([], testStream(own)).chunk), 0);
}

function selectorOf(own: Record<string, string>, added: Record<string, string> = {}): string {
  return streamOf(own, added).selector.toString();
}

function jsonOf(own: Record<string, string>, added: Record<string, string> = {}): unknown {
  return JSON.parse(streamOf(own, added).json.toString());
}

test('labels are written sorted by name', () => {
  assert.equal(selectorOf({ job: 'web', app: 'shop' }, { host: 'a' }), '{app="shop", host="a", job="web"}');
  assert.equal(selectorOf({}), '{}');
});

test("a stream's own label stays where the sink has one of that name", () => {
  assert.equal(selectorOf({ host: 'own' }, { host: 'added', zone: 'z' }), '{host="own", zone="z"}');
  assert.deepEqual(jsonOf({ host: 'own' }, { host: 'added', zone: 'z' }), { host: 'own', zone: 'z' });
});

test('an empty value is no label, so that the sink may give one', () => {
  assert.equal(selectorOf({ host: '', job: 'x' }, { host: 'added' }), '{host="added", job="x"}');
});

test('values are quoted as Go does', () => {
  assert.equal(
    selectorOf({ v: 'a"b\\c\nd\re\tf\u0000g\u007f' }),
    '{v="a\\"b\\\\c\\nd\\re\\tf\\u0000g\\u007f"}',
  );
  assert.equal(selectorOf({ v: 'größe 日本 😀' }), '{v="größe 日本 😀"}');
});

test('half of a surrogate pair becomes U+FFFD', () => {
  assert.equal(selectorOf({ v: 'a\ud800b' }), '{v="a\ufffdb"}');
  assert.deepEqual(jsonOf({ v: 'a\ud800b' }), { v: 'a\ufffdb' });
});

test('a name that Prometheus cannot parse is repaired, and the first of two that become one stays', () => {
  assert.equal(selectorOf({ 'a-b': 'dash', a_b: 'underscore' }), '{a_b="dash"}');
  assert.equal(selectorOf({ 'a:b': 'colon', ':': 'y' }), '{__label="y", a_b="colon"}');
  assert.equal(selectorOf({ 名: 'x', '': 'y' }), '{__label="x", _label="y"}');
  assert.equal(selectorOf({ '2nd': 'x', größe: 'y' }), '{_2nd="x", gr__e="y"}');
});

test('a stream keeps its text', () => {
  const streams = lokiStreams();
  const part = partOf(testChunk(['x'], testStream({ job: 'kept' })).chunk);
  assert.equal(streams.of(part, 0), streams.of(part, 1));
});

test('whatever the value, Go and JSON read it back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), value => {
      const literal = selectorOf({ v: value }).slice('{v='.length, -1);
      assert.equal(unquoteGo(literal), value.toWellFormed());
      assert.deepEqual(jsonOf({ v: value }), { v: value.toWellFormed() });
    }),
  );
});

test('chosen labels become metadata of the entries, and those entries get times of their own', () => {
  const streams = lokiStreams({ structured_metadata: ['container-id', 'filename'] });
  const parts = ['a', 'b'].map(id =>
    partOf(testChunk(['x'], testStream({ 'container-id': id, filename: `/${id}`, job: 'j' }), 1000).chunk),
  );
  const [a, b] = parts.map(part => streams.of(part, 0));
  assert.equal(a!.selector.toString(), '{job="j"}');
  assert.equal(a!.jsonTail.toString(), '",{"container_id":"a","filename":"/a"}],');
  assert.equal(b!.selector.toString(), '{job="j"}');
  const times = parts.map((part, n) => [a, b][n]!.timeOf(part));
  assert.notDeepEqual(times[0], times[1]);
  assert.ok(times.every(({ sec, nanos }) => sec === 1 && nanos < 1_000_000));
});

test('labels above the limits are cut, demoted and counted, or their stream is refused', () => {
  const metrics = new MetricsRegistry();
  const labels = { ...Object.fromEntries(numbered('l', 16).map(name => [name, 'v'])), x: 'y'.repeat(3000) };
  const part = partOf(testChunk(['x'], testStream(labels)).chunk);
  const cut = lokiStreams({}, { metrics }).of(part, 0);
  assert.equal(cut.labels.length, 15);
  assert.equal(cut.refusal, undefined);
  assert.match(cut.jsonTail.toString(), /"x":"y{2048}"/);
  const adjusted = (what: string) => metrics.value('sink_adjusted_total', { sink: 'loki', what });
  assert.equal(adjusted('label_name_repaired'), 1);
  assert.equal(adjusted('label_value_cut'), 1);
  assert.equal(adjusted('labels_demoted'), 1);
  const refused = lokiStreams({ on_bad_labels: 'dlq' }).of(part, 0);
  assert.match(
    refused.refusal?.message ?? '',
    /^the value of label x has 3000 bytes: max_label_value_bytes is 2048$/,
  );
});

test('the tenant is filled in from labels; what cannot name one is refused', () => {
  const tenantOf = (labels: Record<string, string>) =>
    lokiStreams({ tenant: 'team-{team}' }).of(partOf(testChunk(['x'], testStream(labels)).chunk), 0);
  assert.equal(tenantOf({ team: 'a' }).tenant, 'team-a');
  for (const team of ['a/b', 'a\r\nx: y', 'ü', 'x'.repeat(200)])
    assert.match(
      tenantOf({ team }).refusal?.message ?? '',
      /^the tenant team-\{team\} is no name of a tenant/,
      team,
    );
  const bare = lokiStreams({ tenant: '{team}' }).of(partOf(testChunk(['x'], testStream({})).chunk), 0);
  assert.match(bare.refusal?.message ?? '', /needs the label team/);
});
