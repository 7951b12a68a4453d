import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Store } from './store.ts';

/** Every entry that is kept, in order, as `stream sec nanos line`. */
function kept(store: Store): string[] {
  const names = new Map([...store.streams.values()].map(({ id, text }) => [id, text]));
  return store.segments().flatMap(segment =>
    Array.from({ length: segment.count }, (_, i) => {
      const name = names.get(segment.stream[i]!);
      return `${name} ${segment.sec[i]} ${segment.nanos[i]} ${segment.line(i)}`;
    }),
  );
}

const entry = fc.record({
  stream: fc.constantFrom('{a="1"}', '{a="2"}'),
  sec: fc.integer({ min: 1, max: 3 }),
  nanos: fc.integer({ min: 0, max: 2 }),
  line: fc.constantFrom('', 'x', 'y', 'xy'),
});

test('entries are kept once each, in order of arrival, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 200 }), entries => {
      const store = new Store(64 * 1024 * 1024);
      const model = new Set<string>();
      for (const { stream, sec, nanos, line } of entries) {
        const isNew = store.append(store.stream(stream, []), sec, nanos, Buffer.from(line));
        const key = `${stream} ${sec} ${nanos} ${line}`;
        assert.equal(isNew, !model.has(key));
        model.add(key);
      }
      assert.deepEqual(kept(store), [...model]);
      assert.equal(store.count, model.size);
    }),
  );
});

test('memory stays within the bound: the oldest entries go, the newest stay, and all are accounted for', () => {
  const maxBytes = 1024 * 1024;
  const store = new Store(maxBytes);
  const stream = store.stream('{a="1"}', []);
  const total = 30_000;
  for (let i = 0; i < total; i++) {
    assert.ok(store.append(stream, i, 0, Buffer.from(`line ${i} ${'x'.repeat(i % 90)}`)));
    assert.ok(store.heldBytes <= maxBytes);
  }
  const lines = kept(store);
  assert.equal(lines.length + store.evicted, total);
  assert.ok(lines.length > 3000, `only ${lines.length} kept`);
  assert.match(lines.at(-1)!, /line 29999/);
  assert.match(lines[0]!, new RegExp(` line ${store.evicted} `));
});

test('an entry that was dropped may be stored again; one that is kept may not', () => {
  const store = new Store(1024 * 1024);
  const stream = store.stream('{a="1"}', []);
  const line = Buffer.from('x'.repeat(100));
  for (let i = 0; i < 30_000; i++) store.append(stream, i, 0, line);
  assert.equal(store.append(stream, 0, 0, line), true);
  assert.equal(store.append(stream, 29_999, 0, line), false);
});

test('a stream without entries is forgotten', () => {
  const store = new Store(1024 * 1024);
  store.append(store.stream('{a="old"}', []), 1, 0, Buffer.from('x'));
  for (let i = 0; i < 30_000; i++)
    store.append(store.stream('{a="new"}', []), i, 0, Buffer.from('x'.repeat(99)));
  assert.deepEqual([...store.streams.keys()], ['{a="new"}']);
});

test('a line longer than a segment is kept whole', () => {
  const store = new Store(64 * 1024 * 1024);
  const long = Buffer.alloc(3 * 1024 * 1024, 'z');
  store.append(store.stream('{}', []), 1, 0, long);
  store.append(store.stream('{}', []), 1, 0, Buffer.from('short'));
  assert.deepEqual(kept(store), [`{} 1 0 ${long}`, '{} 1 0 short']);
});
