import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodePush, field, varint } from '../../test/helpers/encode-push.ts';
import { decodePush } from './decode.ts';
import { PushTable } from './push-table.ts';

const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
const entry = fc.record({
  sec: seconds,
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
  line: fc.string({ unit: 'grapheme', maxLength: 300 }),
  metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true }),
});
const push = fc.array(
  fc.record({ labels: fc.string({ unit: 'grapheme' }), entries: fc.array(entry, { maxLength: 20 }) }),
  { maxLength: 5 },
);

/** What a table holds, as plain objects. */
function contents(table: PushTable): unknown {
  return table.streams.map(({ labels, from, to }) => ({
    labels,
    entries: Array.from({ length: to - from }, (_, k) => ({
      sec: table.sec[from + k],
      nanos: table.nanos[from + k],
      line: table.bytes.toString('utf8', table.start[from + k], table.end[from + k]),
      pairs: table.metadataPairs[from + k],
      metadataBytes: table.metadataBytes[from + k],
    })),
  }));
}

test('every push is read back as it was written', () => {
  const table = new PushTable();
  fc.assert(
    fc.property(push, streams => {
      assert.equal(decodePush(encodePush(streams), table), undefined);
      const expected = streams.map(({ labels, entries }) => ({
        labels: Buffer.from(labels).toString(),
        entries: entries.map(({ sec, nanos, line, metadata }) => ({
          sec,
          nanos,
          line: Buffer.from(line).toString(),
          pairs: Object.keys(metadata).length,
          metadataBytes: Buffer.byteLength(Object.entries(metadata).flat().join('')),
        })),
      }));
      assert.deepEqual(contents(table), expected);
    }),
  );
});

test('a push of more entries than the table had room for is read whole', () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => ({ sec: i, nanos: i, line: `line ${i}` }));
  const table = new PushTable();
  assert.equal(decodePush(encodePush([{ labels: '{}', entries }]), table), undefined);
  assert.equal(table.count, 10_000);
  assert.equal(table.bytes.toString('utf8', table.start[9999], table.end[9999]), 'line 9999');
});

test('whatever the bytes, decoding ends, and every line it found lies within them', () => {
  const table = new PushTable();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const error = decodePush(Buffer.from(bytes), table);
      for (let i = 0; error === undefined && i < table.count; i++) {
        assert.ok(table.start[i]! <= table.end[i]! && table.end[i]! <= bytes.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a good push with one byte changed or cut off is refused or read, never a crash', () => {
  const table = new PushTable();
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }), isCut: fc.boolean() });
  fc.assert(
    fc.property(push, change, (streams, { at, to, isCut }) => {
      const bytes = encodePush(streams);
      if (bytes.length === 0) return;
      const changed = isCut ? bytes.subarray(0, at % bytes.length) : bytes;
      if (!isCut) changed[at % bytes.length] = to;
      const error = decodePush(changed, table);
      assert.ok(error === undefined || error.length > 0);
    }),
    { numRuns: 1000 },
  );
});

test('malformed bytes are named in the words of the real decoder', () => {
  const table = new PushTable();
  const says = (...parts: Buffer[]): string | undefined => decodePush(Buffer.concat(parts), table);
  const endGroup = varint((1 << 3) | 4);
  assert.equal(says(endGroup), 'proto: PushRequest: wiretype end group for non-group');
  assert.equal(says(varint(0)), 'proto: PushRequest: illegal tag 0 (wire type 0)');
  assert.equal(says(varint(1 << 3), varint(5)), 'proto: wrong wireType = 0 for field Streams');
  assert.equal(says(field(1, endGroup)), 'proto: StreamAdapter: wiretype end group for non-group');
  assert.equal(says(varint(10), varint(5), Buffer.from('ab')), 'unexpected EOF');
  assert.equal(says(varint(10), varint(-1)), 'proto: negative length found during unmarshaling');
  assert.equal(says(Buffer.alloc(11, 0xff)), 'proto: integer overflow');
  assert.equal(says(varint((9 << 3) | 7)), 'proto: illegal wireType 7');
});

test('fields nobody knows are passed over, groups within groups too', () => {
  const table = new PushTable();
  const group = Buffer.concat([
    varint((7 << 3) | 3),
    field(3, 'inside'),
    varint((8 << 3) | 3),
    varint((8 << 3) | 4),
    varint((7 << 3) | 4),
  ]);
  const fixed = Buffer.concat([varint((6 << 3) | 1), Buffer.alloc(8), varint((5 << 3) | 5), Buffer.alloc(4)]);
  const stream = encodePush([{ labels: '{a="b"}', entries: [{ sec: 1, nanos: 2, line: 'x' }] }]);
  assert.equal(decodePush(Buffer.concat([group, fixed, stream, group]), table), undefined);
  assert.equal(table.count, 1);
});

test('times outside of what a Go timestamp holds are refused', () => {
  const table = new PushTable();
  const at = (sec: number, nanos: number): string | undefined =>
    decodePush(encodePush([{ labels: '{}', entries: [{ sec, nanos, line: '' }] }]), table);
  assert.match(at(1, 1_000_000_000) ?? '', /nanos not in range/);
  assert.match(at(1, -1) ?? '', /nanos not in range/);
  assert.match(at(-62_135_596_801, 0) ?? '', /before 0001-01-01/);
  assert.match(at(253_402_300_800, 0) ?? '', /after 10000-01-01/);
});
