import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { textsOf } from '../../../test/helpers/spans.ts';
import type { Found } from '../finder.ts';
import { type ReadState, RecordFinder, type RecordFinderOptions } from '../record-finder.ts';
import { CriReader } from './cri.ts';
import { DockerJsonReader } from './docker-json.ts';
import { EntryFinder } from './entry-finder.ts';
import { OUTPUTS } from './entry-reader.ts';
import { bothAt, type OutputPlaces } from './output-place.ts';

const PLAIN = { encoding: 'utf-8', maxLineBytes: 1000, longLine: 'truncate', maxLines: 100 } as const;
const DATED = { start: '^\\d\\d ', preset: undefined, maxLines: 500, maxBytes: 1e6 };
const MIDDLE: ReadState = { isStart: false, isCut: false, isFinal: false, isFull: false, isDue: false };
const READ_BYTES = 64 * 1024;

type Format = 'docker-json' | 'cri';

function finder(format: Format, given: Partial<RecordFinderOptions> = {}): EntryFinder {
  const options = { ...PLAIN, ...given };
  return new EntryFinder({
    reader: format === 'cri' ? new CriReader() : new DockerJsonReader(),
    records: new RecordFinder(options),
    entries: { maxLineBytes: 8192, longLine: options.longLine },
    maxEntries: options.maxLines,
    readBytes: READ_BYTES,
    timeoutMs: 1e9,
  });
}

/** A line, or a piece of one, as a container wrote it. */
interface Entry {
  readonly output: number;
  readonly text: string;
  readonly endsLine: boolean;
  /** In nanoseconds since the second in which the container began. */
  readonly nanos: number;
}

const START_SEC = 1_700_000_000;

function timeOf({ nanos }: Entry): string {
  const whole = new Date(START_SEC * 1000).toISOString().slice(0, 19);
  return `${`${whole}.${String(nanos).padStart(9, '0')}`.replace(/\.?0+$/, '')}Z`;
}

function encode(entry: Entry, format: Format): string {
  const { text, endsLine } = entry;
  const output = OUTPUTS[entry.output]!;
  if (format === 'cri') return `${timeOf(entry)} ${output} ${endsLine ? 'F' : 'P'} ${text}\n`;
  const log = JSON.stringify(endsLine ? `${text}\n` : text).replaceAll('<', '\\u003c');
  return `{"log":${log},"stream":"${output}","time":"${timeOf(entry)}"}\n`;
}

interface FoundRecord {
  readonly output: string;
  readonly text: string;
  readonly nanos: number;
}

function recordsOf({ runs }: Found): FoundRecord[] {
  return runs.flatMap(({ bytes, spans, output, times }) =>
    textsOf(bytes, spans).map((text, i) => {
      return { output: output!, text, nanos: (times![2 * i]! - START_SEC) * 1e9 + times![2 * i + 1]! };
    }),
  );
}

/** Reads up to `end` for each of `ends`, each time from where the read before stopped, as a tailer does. */
function findInReads(bytes: Buffer, ends: readonly number[], by: EntryFinder): FoundRecord[] {
  const records: FoundRecord[] = [];
  let [at, isCut, outputs] = [0, false, undefined as OutputPlaces | undefined];
  const inside = ends.filter(end => end < bytes.length).sort((a, b) => a - b);
  for (const end of [...inside, bytes.length]) {
    const isFinal = end === bytes.length;
    for (let hasMore = at <= end; hasMore; ) {
      const place = { offset: at, outputs, until: undefined };
      const found = by.find(bytes, at, end, { ...MIDDLE, isCut, isFinal }, place);
      records.push(...recordsOf(found));
      ({ consumed: at, isCut, hasMore, outputs } = found);
    }
  }
  assert.equal(at, bytes.length, 'everything is consumed in the end');
  for (const place of outputs ?? []) assert.deepEqual([place.offset, place.skip], [at, 0]);
  return records;
}

/** What each output wrote, as lines with the time of their first byte. */
function expected(entries: readonly Entry[]): FoundRecord[][] {
  return OUTPUTS.map((name, output) => {
    const lines: { output: string; text: string; nanos: number }[] = [];
    let isOpen = false;
    for (const entry of entries.filter(each => each.output === output)) {
      if (entry.text === '' && !entry.endsLine) continue;
      if (isOpen) lines.at(-1)!.text += entry.text;
      else lines.push({ output: name, text: entry.text, nanos: entry.nanos });
      isOpen = !entry.endsLine;
    }
    return lines;
  });
}

const letter = fc.constantFrom(
  'a',
  '01 ',
  'ä',
  '€',
  '😀',
  '"',
  '\\',
  '<',
  '{',
  ' ',
  '\t',
  '\u0000',
  '\u001b',
);
const text = fc.array(letter, { maxLength: 12 }).map(all => all.join(''));
const entryList = (endsLine: fc.Arbitrary<boolean>): fc.Arbitrary<Entry[]> =>
  fc
    .array(fc.record({ output: fc.nat({ max: 1 }), text, endsLine }), { maxLength: 12 })
    // Times that differ: what happens to equal ones is another test.
    .map(all => all.map((entry, i): Entry => ({ ...entry, nanos: (i + 1) * 1_000 })));
const pieces = entryList(fc.boolean());
const lines = entryList(fc.constant(true));
const format = fc.constantFrom<Format>('docker-json', 'cri');
const ends = fc.array(fc.nat({ max: 1000 }), { maxLength: 8 });

const written = (entries: readonly Entry[], kind: Format): Buffer =>
  Buffer.from(entries.map(entry => encode(entry, kind)).join(''));
const byOutput = (found: readonly FoundRecord[]): FoundRecord[][] =>
  OUTPUTS.map(name => found.filter(({ output }) => output === name));

describe('EntryFinder', () => {
  it('finds what each output wrote, pieces joined, however the log is split into reads', () => {
    fc.assert(
      fc.property(pieces, format, ends, (all, kind, cuts) => {
        const bytes = written(all, kind);
        const found = findInReads(bytes, cuts, finder(kind));
        assert.deepEqual(byOutput(found), expected(all));
      }),
      { numRuns: 2000 },
    );
  });

  it('goes on where the room for lines ended', () => {
    fc.assert(
      fc.property(lines, format, ends, fc.integer({ min: 1, max: 5 }), (all, kind, cuts, maxLines) => {
        const found = findInReads(written(all, kind), cuts, finder(kind, { maxLines }));
        assert.deepEqual(byOutput(found), expected(all));
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts, splits and drops long lines alike, however the log is split into reads', () => {
    const longLine = fc.constantFrom('truncate' as const, 'split' as const, 'drop' as const);
    fc.assert(
      fc.property(pieces, format, ends, longLine, (all, kind, cuts, its) => {
        const bytes = written(all, kind);
        const by = finder(kind, { maxLineBytes: 10, longLine: its });
        const found = findInReads(bytes, cuts, by);
        assert.deepEqual(byOutput(found), byOutput(findInReads(bytes, [], by)));
        assert.ok(found.every(record => Buffer.byteLength(record.text) <= 10));
        const whole = byOutput(found).map(each => each.map(record => record.text).join(''));
        if (its === 'split')
          assert.deepEqual(
            whole,
            expected(all).map(each => each.map(line => line.text).join('')),
          );
      }),
      { numRuns: 2000 },
    );
  });

  it('joins lines of each output to records, however the log is split into reads', () => {
    fc.assert(
      fc.property(pieces, format, ends, (all, kind, cuts) => {
        const records = expected(all).map(each => {
          const joined: { output: string; text: string; nanos: number }[] = [];
          for (const line of each) {
            if (joined.length > 0 && !line.text.startsWith('01 ')) joined.at(-1)!.text += `\n${line.text}`;
            else joined.push({ ...line });
          }
          return joined;
        });
        const found = findInReads(written(all, kind), cuts, finder(kind, { multiline: DATED }));
        assert.deepEqual(byOutput(found), records);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds a passage again just as it was, whatever was written behind it', () => {
    fc.assert(
      fc.property(pieces, pieces, format, fc.boolean(), (before, after, kind, isDue) => {
        const by = finder(kind, { multiline: DATED });
        const bytes = written([...before, ...after], kind);
        const end = written(before, kind).length;
        const place = { offset: 0, outputs: undefined, until: undefined };
        const first = by.find(bytes, 0, end, { ...MIDDLE, isDue }, place);
        const until = first.outputs ?? bothAt(first.consumed);
        const again = by.find(bytes, 0, bytes.length, MIDDLE, { ...place, until });
        assert.deepEqual(recordsOf(again), recordsOf(first));
        assert.deepEqual(
          [again.isPassage, again.consumed, again.outputs],
          [true, first.consumed, first.outputs],
        );
        const tooShort = by.find(bytes, 0, Math.max(0, first.consumed - 1), MIDDLE, { ...place, until });
        assert.equal(tooShort.isPassage, first.consumed === 0 && first.outputs === undefined);
      }),
      { numRuns: 1000 },
    );
  });
});
