import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { textsOf } from '../../test/helpers/spans.ts';
import { type FoundText, type ReadState, RecordFinder, type RecordFinderOptions } from './record-finder.ts';

const PLAIN = { encoding: 'utf-8', maxLineBytes: 1000, longLine: 'truncate', maxLines: 100 } as const;
const DATED = { start: '^\\d\\d ', preset: undefined, maxLines: 500, maxBytes: 1e6 };
const MIDDLE: ReadState = { isStart: false, isCut: false, isFinal: false, isFull: false, isDue: false };

function finder(given: Partial<RecordFinderOptions> = {}): RecordFinder {
  return new RecordFinder({ ...PLAIN, ...given });
}

/** Reads up to `end` for each of `ends`, each time from where the read before stopped, as a tailer does. */
function findInReads(bytes: Buffer, ends: readonly number[], by: RecordFinder): string[] {
  const records: string[] = [];
  let [at, isCut] = [0, false];
  for (const end of [...ends.toSorted((a, b) => a - b), bytes.length]) {
    const isFinal = end === bytes.length;
    for (let hasMore = at <= end; hasMore; ) {
      const found: FoundText = by.find(bytes, at, end, { ...MIDDLE, isStart: at === 0, isCut, isFinal });
      records.push(...textsOf(found.bytes, found.spans));
      ({ consumed: at, isCut, hasMore } = found);
    }
  }
  assert.equal(at, bytes.length, 'everything is consumed in the end');
  return records;
}

const MARK = '\ufeff';
const SHIFT_JIS = new Map([
  ['あ', '82a0'],
  ['ソ', '835c'],
]);

/** Writes text that has only characters of the encoding. */
function encode(text: string, encoding: string): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  if (encoding === 'utf-8') return Buffer.from(text);
  if (encoding === 'windows-1252') return Buffer.from(text, 'latin1');
  return Buffer.concat(
    Array.from(text, char => {
      const hex = SHIFT_JIS.get(char);
      return hex === undefined ? Buffer.from(char) : Buffer.from(hex, 'hex');
    }),
  );
}

const LETTERS: Readonly<Record<string, readonly string[]>> = {
  'utf-8': ['a', 'ä', '€', '😀', '\0'],
  // The last four have a byte 10 or 13 in them.
  'utf-16le': ['a', 'ä', '😀', '\0', '\u0a0a', '\u0a00', '\u010a', '\u0d0d'],
  'utf-16be': ['a', 'ä', '😀', '\0', '\u0a0a', '\u0a00', '\u010a', '\u0d0d'],
  'windows-1252': ['a', 'ä', 'ÿ'],
  // The second byte of ソ is a backslash.
  shift_jis: ['a', 'あ', 'ソ'],
};

const source = fc.constantFrom(...Object.keys(LETTERS)).chain(encoding => {
  const line = fc
    .array(fc.constantFrom('01 ', ...LETTERS[encoding]!), { maxLength: 8 })
    .map(all => all.join(''));
  return fc.record({
    encoding: fc.constant(encoding),
    lines: fc.array(line, { maxLength: 10 }),
    ending: fc.constantFrom('\n', '\r\n'),
    hasMark: fc.boolean(),
    ends: fc.array(fc.nat({ max: 200 }), { maxLength: 6 }),
    room: fc.integer({ min: 1, max: 5 }),
  });
});

describe('RecordFinder', () => {
  it('finds the lines of every encoding, however they are split into reads (F10)', () => {
    fc.assert(
      fc.property(source, ({ encoding, lines, ending, hasMark, ends, room }) => {
        const mark = hasMark && encoding.startsWith('utf') ? MARK : '';
        const bytes = encode(mark + lines.map(line => line + ending).join(''), encoding);
        const inside = ends.filter(end => end <= bytes.length);
        assert.deepEqual(findInReads(bytes, inside, finder({ encoding, maxLines: room })), lines);
      }),
      { numRuns: 2000 },
    );
  });

  it('joins lines of every encoding, however they are split into reads (F11)', () => {
    fc.assert(
      fc.property(source, ({ encoding, lines, ending, ends }) => {
        const bytes = encode(lines.map(line => line + ending).join(''), encoding);
        const inside = ends.filter(end => end <= bytes.length);
        const records: string[] = [];
        for (const line of lines) {
          if (records.length === 0 || line.startsWith('01 ')) records.push(line);
          else records.push(`${records.pop()}${ending}${line}`);
        }
        assert.deepEqual(findInReads(bytes, inside, finder({ encoding, multiline: DATED })), records);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves an open record where it begins, until it is due, final or cannot grow', () => {
    const bytes = Buffer.from('01 a\nb\n02 c\nd\ne');
    const by = finder({ multiline: DATED });
    const find = (state: Partial<ReadState>): [string[], number, boolean] => {
      const found = by.find(bytes, 0, bytes.length, { ...MIDDLE, ...state });
      return [textsOf(found.bytes, found.spans), found.consumed, found.isOpen];
    };
    assert.deepEqual(find({}), [['01 a\nb'], 7, true]);
    assert.deepEqual(find({ isFull: true }), [['01 a\nb'], 7, true]);
    assert.deepEqual(find({ isDue: true }), [['01 a\nb', '02 c\nd'], 14, false]);
    assert.deepEqual(find({ isFinal: true }), [['01 a\nb', '02 c\nd\ne'], 15, false]);
    const all = by.find(bytes, 7, bytes.length, { ...MIDDLE, isFull: true });
    assert.deepEqual([textsOf(all.bytes, all.spans), all.consumed, all.isOpen], [['02 c\nd'], 14, false]);
  });

  it('closes a record at a line that is too long: its rest is read only once', () => {
    const bytes = Buffer.from(`01 a\nb\n${'x'.repeat(20)}`);
    const found = finder({ multiline: DATED, maxLineBytes: 10 }).find(bytes, 0, bytes.length, MIDDLE);
    assert.deepEqual(textsOf(found.bytes, found.spans), [`01 a\nb\n${'x'.repeat(10)}`]);
    assert.deepEqual([found.consumed, found.isCut, found.cuts, found.lostBytes], [bytes.length, true, 1, 10]);
  });

  it('says where the first record begins in what was read', () => {
    const bytes = Buffer.from('\ufeffab\n', 'utf16le');
    const state = { ...MIDDLE, isStart: true };
    assert.equal(finder({ encoding: 'utf-16le' }).find(bytes, 0, bytes.length, state).start, 2);
    assert.equal(finder().find(Buffer.from('rest\nab\n'), 0, 8, { ...MIDDLE, isCut: true }).start, 5);
    assert.equal(finder().find(Buffer.from('rest'), 0, 4, MIDDLE).start, 0);
  });
});
