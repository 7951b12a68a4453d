import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unquoteGo } from '../../../pkg/logql/go-string.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { type LokiStream, LokiStreams } from './loki-streams.ts';

function streamOf(own: Record<string, string>, added: Record<string, string> = {}): LokiStream {
  return new LokiStreams(added).of(partOf(testChunk([], testStream(own)).chunk));
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
  assert.equal(selectorOf({ '2nd': 'x', größe: 'y' }), '{_2nd="x", gr__e="y"}');
});

test('a stream keeps its text', () => {
  const streams = new LokiStreams({});
  const part = partOf(testChunk(['x'], testStream({ job: 'kept' })).chunk);
  assert.equal(streams.of(part), streams.of(part));
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
