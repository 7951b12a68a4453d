import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repairUtf8 } from './utf8.ts';

/** Spans of `records` as they stand in a file, one newline after each. */
function inLines(records: readonly Uint8Array[]): { bytes: Buffer; spans: Uint32Array } {
  const spans: number[] = [];
  let at = 0;
  for (const record of records) {
    spans.push(at, at + record.length);
    at += record.length + 1;
  }
  return {
    bytes: Buffer.concat(records.flatMap(record => [record, Buffer.from('\n')])),
    spans: Uint32Array.from(spans),
  };
}

describe('repairUtf8', () => {
  it('leaves valid records where they are', () => {
    const { bytes, spans } = inLines([Buffer.from('aä€😀'), Buffer.from(''), Buffer.from('\u0000')]);
    assert.equal(repairUtf8(bytes, spans), undefined);
  });

  it('says what TextDecoder says of any bytes, record by record', () => {
    const valid = fc.string({ unit: 'grapheme', maxLength: 8 }).map(text => Buffer.from(text));
    const lead = fc.constantFrom(0xc0, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xf5, 0xff, 0x80, 0xbf, 0x41);
    const hostile = fc.array(lead, { maxLength: 8 }).map(bytes => Buffer.from(bytes));
    const record = fc.oneof(valid, hostile, fc.uint8Array({ maxLength: 8 }));
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), records => {
        const { bytes, spans } = inLines(records);
        const repaired = repairUtf8(bytes, spans) ?? { bytes, spans };
        records.forEach((each, i) => {
          const found = repaired.bytes.subarray(repaired.spans[2 * i], repaired.spans[2 * i + 1]);
          assert.deepEqual(Buffer.from(found), Buffer.from(decoder.decode(each)));
        });
      }),
      { numRuns: 1000 },
    );
  });
});
