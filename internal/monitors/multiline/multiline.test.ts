import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { spansOf, textsOf } from '../../../test/helpers/spans.ts';
import { Multiline, type MultilineOptions } from './multiline.ts';

const DATED: MultilineOptions = { start: '^\\d\\d ', preset: undefined, maxLines: 500, maxBytes: 1e6 };

function joined(lines: readonly string[], options: Partial<MultilineOptions> = {}): string[] {
  const { bytes, spans } = spansOf(lines);
  return textsOf(bytes, new Multiline({ ...DATED, ...options }).join(bytes, spans).spans);
}

/** Joins what has been read so far, again from the record that was left open, as a tailer does. */
function joinInReads(
  lines: readonly string[],
  counts: readonly number[],
  options: MultilineOptions,
): string[] {
  const { bytes, spans } = spansOf(lines);
  const multiline = new Multiline(options);
  const found: string[] = [];
  let from = 0;
  for (const to of [...counts, lines.length]) {
    const { spans: records, openLine } = multiline.join(bytes, spans.subarray(from * 2, to * 2));
    const isLast = to === lines.length;
    const texts = textsOf(bytes, records);
    const isOpen = from + openLine < to;
    found.push(...(isOpen && !isLast ? texts.slice(0, -1) : texts));
    from = isLast ? to : from + openLine;
  }
  return found;
}

describe('Multiline', () => {
  it('begins a record at every line that matches; what comes first is one too', () => {
    const lines = ['rest', '01 a', '  b', '', '02 c', '03 d', 'e'];
    assert.deepEqual(joined(lines), ['rest', '01 a\n  b\n', '02 c', '03 d\ne']);
  });

  it('leaves the last record open', () => {
    const { bytes, spans } = spansOf(['01 a', 'b', '02 c', 'd']);
    assert.equal(new Multiline(DATED).join(bytes, spans).openLine, 2);
    assert.equal(new Multiline({ ...DATED, maxLines: 2 }).join(bytes, spans).openLine, 4);
  });

  it('begins a new record where one has too many lines or bytes', () => {
    const lines = ['01 a', 'b', 'c', 'd', 'e'];
    assert.deepEqual(joined(lines, { maxLines: 2 }), ['01 a\nb', 'c\nd', 'e']);
    assert.deepEqual(joined(lines, { maxBytes: 8 }), ['01 a\nb\nc', 'd\ne']);
    assert.deepEqual(joined(['01 too long', 'b'], { maxBytes: 4 }), ['01 too long', 'b']);
  });

  it('does not join what something was left out between', () => {
    const bytes = Buffer.from('01 a\r\nb\nc_d\n');
    const spans = Uint32Array.of(0, 4, 6, 7, 8, 9, 10, 11);
    const records = new Multiline(DATED).join(bytes, spans).spans;
    assert.deepEqual(textsOf(bytes, records), ['01 a\r\nb\nc', 'd']);
  });

  it('says the same however the lines are split into reads', () => {
    const trace = fc.constantFrom(
      'x.Exception: y',
      '\tat a.b(c)',
      'Caused by: d',
      '01 e',
      '',
      '  f',
      'Error',
    );
    const code = fc.constantFrom(
      'Traceback (most recent call last):',
      '  File "x"',
      'ValueError',
      '',
      'During handling of the above exception, g',
    );
    const cases = fc
      .array(fc.oneof(trace, code), { maxLength: 20 })
      .chain(lines =>
        fc.tuple(fc.constant(lines), fc.array(fc.nat({ max: lines.length }), { maxLength: 6 })),
      );
    const options = fc.record({
      start: fc.constant('^\\d\\d '),
      preset: fc.constantFrom(undefined, 'java', 'python'),
      maxLines: fc.constantFrom(2, 3, 500),
      maxBytes: fc.constantFrom(20, 1e6),
    });
    fc.assert(
      fc.property(cases, options, ([lines, counts], limits) => {
        const sorted = counts.sort((a, b) => a - b);
        assert.deepEqual(joinInReads(lines, sorted, limits), joined(lines, limits));
        assert.equal(joined(lines, limits).join('\n'), lines.join('\n'));
      }),
      { numRuns: 500 },
    );
  });
});
