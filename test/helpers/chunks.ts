import type { Part } from '../../pkg/types/batch.ts';
import { Chunk } from '../../pkg/types/chunk.ts';
import { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import type { Receipt } from '../../pkg/types/receipt.ts';
import { type Stream, StreamRegistry } from '../../pkg/types/stream.ts';

/** A receipt that tells how often it was settled. */
export class CountingReceipt implements Receipt {
  expected: number | undefined;
  settled = 0;

  expect(lanes: number): void {
    this.expected = lanes;
  }

  settle(): void {
    this.settled++;
  }

  get isDone(): boolean {
    return this.expected === this.settled;
  }
}

/** When chunks were read, unless a test says otherwise. */
export const TEST_NOW_MS = 1_700_000_000_000;

const streams = new StreamRegistry();
/** Streams are interned weakly; tests keep theirs. */
const kept: Stream[] = [];

export function testStream(labels: Record<string, string> = { job: 'test' }): Stream {
  const stream = streams.get(LabelsCOW.from(labels));
  kept.push(stream);
  return stream;
}

export interface TestChunk {
  readonly chunk: Chunk;
  readonly receipt: CountingReceipt;
  /** Whether its memory was given back. */
  isFree(): boolean;
}

/** A chunk with these lines, as a monitor makes one: newline-separated bytes and spans. */
export function testChunk(lines: readonly string[], stream = testStream(), nowMs = TEST_NOW_MS): TestChunk {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const spans = new Uint32Array(lines.length * 2);
  let at = 0;
  lines.forEach((line, index) => {
    const length = Buffer.byteLength(line);
    spans.set([at, at + length], index * 2);
    at += length + 1;
  });
  const receipt = new CountingReceipt();
  let freed = 0;
  const chunk = new Chunk({
    origin: { monitor: 'file', source: 'test' },
    ...{ stream, bytes, spans, receipt },
    base: stream.takeTimes(lines.length, nowMs),
    readAtMs: nowMs,
    onFree: () => {
      freed++;
      bytes.fill(0xdb);
    },
  });
  return { chunk, receipt, isFree: () => freed === 1 };
}

/** Lines `prefix 0` … `prefix count-1`. */
export function numbered(prefix: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${from + index}`);
}

/** The lines of a part as text. */
export function linesOf(part: Part): string[] {
  const lines: string[] = [];
  for (let record = part.from; record < part.to; record++)
    lines.push(part.bytes.toString('utf8', part.spans[record * 2]!, part.spans[record * 2 + 1]!));
  return lines;
}
