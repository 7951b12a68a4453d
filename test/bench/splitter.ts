import { repairUtf8 } from '../../internal/monitors/encodings/utf8.ts';
import { type ReadState, RecordFinder } from '../../internal/monitors/record-finder.ts';
import { splitLines } from '../../internal/monitors/splitter.ts';
import type { BenchResult } from './bench.ts';

const READ_BYTES = 1024 * 1024;
const LINE_BYTES = [50, 190, 1024];
const ROUNDS = 200;
const OPTIONS = { maxLineBytes: 256 * 1024, longLine: 'truncate' } as const;
const STATE = { isCut: false, isFinal: false };

const MIDDLE: ReadState = { isStart: false, isCut: false, isFinal: false, isFull: true, isDue: false };
const LIMITS = { maxLines: 500, maxBytes: 256 * 1024 };
const ENTRY = `2026-11-21T10:00:00.123Z INFO ${'x'.repeat(160)}\n`;
const TRACE = `java.lang.IllegalStateException: no\n${'\tat com.example.App.run(App.java:12)\n'.repeat(9)}`;

/** What the whole way from a read to its records costs, by what kind of source it is. */
const SOURCES = {
  plain: { encoding: 'utf-8', text: ENTRY },
  latin1: { encoding: 'windows-1252', text: ENTRY.replace('xxx', 'äöü') },
  shiftJis: { encoding: 'shift_jis', text: ENTRY.replace('xxx', '\x82\xa0') },
  utf16: { encoding: 'utf-16le', text: ENTRY },
  multilineStart: {
    encoding: 'utf-8',
    text: ENTRY + TRACE,
    multiline: { start: '^\\d{4}-', preset: undefined, ...LIMITS },
  },
  multilineJava: {
    encoding: 'utf-8',
    text: ENTRY.repeat(20) + TRACE,
    multiline: { start: undefined, preset: 'java', ...LIMITS },
  },
} as const;

/** What finding the lines of one read costs, what proving that they are UTF-8 costs, and the whole of it. */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  for (const lineBytes of LINE_BYTES) {
    const read = Buffer.from(`${'x'.repeat(lineBytes - 1)}\n`.repeat(READ_BYTES / lineBytes));
    const spans = new Uint32Array((READ_BYTES / lineBytes) * 2 + 2);
    const lines = Math.floor(READ_BYTES / lineBytes);
    const split = best(() => splitLines(read, 0, read.length, spans, STATE, OPTIONS).records);
    const found = spans.subarray(0, lines * 2);
    const check = best(() => (repairUtf8(read, found) === undefined ? 1 : 0));
    figures[`split${lineBytes}BytesNanosPerLine`] = split / lines;
    figures[`split${lineBytes}BytesMbPerSecond`] = (read.length * 1000) / split;
    figures[`utf8${lineBytes}BytesMbPerSecond`] = (read.length * 1000) / check;
  }
  for (const [name, source] of Object.entries(SOURCES)) {
    const text = source.text.repeat(READ_BYTES / source.text.length);
    const read = Buffer.from(text, source.encoding === 'utf-16le' ? 'utf16le' : 'latin1');
    const lines = text.split('\n').length - 1;
    const finder = new RecordFinder({ ...OPTIONS, ...source, maxLines: lines + 1 });
    const nanos = best(() => finder.find(read, 0, read.length, MIDDLE).spans.length);
    figures[`${name}NanosPerLine`] = nanos / lines;
    figures[`${name}MbPerSecond`] = (read.length * 1000) / nanos;
  }
  return { name: 'splitter (one read of 1 MiB at a time)', figures };
}

/** Nanoseconds of the best of some rounds: what disturbs a round on a shared machine only adds to it. */
function best(work: () => number): number {
  let bestNanos = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    if (work() === 0) throw new Error('nothing was found');
    bestNanos = Math.min(bestNanos, (performance.now() - start) * 1e6);
  }
  return bestNanos;
}
