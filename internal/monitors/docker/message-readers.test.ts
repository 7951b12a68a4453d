import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type EngineLine,
  frameOf,
  framesOf,
  messagesOf,
  timestampOf,
} from '../../../test/helpers/engine-log.ts';
import { FrameReader } from './frame-reader.ts';
import { LineBuffer } from './line-buffer.ts';
import { LineOrder } from './line-order.ts';
import type { MessageReader, OutputLines } from './message-reader.ts';
import { TerminalReader } from './terminal-reader.ts';

const MAX_LINE_BYTES = 100_000;

function newOutputs(): OutputLines {
  return {
    stdout: new LineBuffer(MAX_LINE_BYTES, new LineOrder()),
    stderr: new LineBuffer(MAX_LINE_BYTES, new LineOrder()),
  };
}

/** The lines that a buffer holds, with their times. */
function linesIn(buffer: LineBuffer): [text: string, sec: number, nanos: number][] {
  return Array.from({ length: buffer.count }, (_, n) => {
    const at = 2 * (buffer.first + n);
    const text = buffer.bytes.toString('utf8', buffer.spans[at], buffer.spans[at + 1]);
    return [text, buffer.times[at]!, buffer.times[at + 1]!];
  });
}

/** Feeds `bytes` in pieces that end at these places. */
function feed(reader: MessageReader, bytes: Buffer, cuts: readonly number[]): void {
  const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of ends) {
    // In a buffer of its own, so that nothing behind the piece can be seen.
    assert.equal(reader.push(Buffer.from(bytes.subarray(from, to)), 0, to - from), undefined);
    from = to;
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 40 }).map(each => each.replace(/[\r\n]/g, '·')),
  fc.integer({ min: 16_340, max: 16_400 }).map(length => 'x'.repeat(length)),
  fc.constantFrom('', 'y'.repeat(40_000), '2026-11-21T11:35:45.054985884Z looks like a time'),
);
const line: fc.Arbitrary<EngineLine> = fc.record({
  output: fc.constantFrom('stdout' as const, 'stderr' as const),
  sec: fc.integer({ min: 1_700_000_000, max: 1_700_000_003 }),
  nanos: fc.nat({ max: 999_999_999 }),
  text,
});
const lines = fc.array(line, { maxLength: 12 });
const cuts = fc.array(fc.nat(), { maxLength: 20 });

/** Frames of both outputs as their two writers interleave them: each in its own order. */
function interleaved(all: readonly EngineLine[], picks: readonly boolean[]): Buffer {
  const queues = (['stdout', 'stderr'] as const).map(name =>
    framesOf(all.filter(({ output }) => output === name)),
  );
  const out: Buffer[] = [];
  for (let n = 0; queues[0]!.length + queues[1]!.length > 0; n++) {
    const queue = queues[picks[n % picks.length] ? 0 : 1]!;
    out.push((queue.length > 0 ? queue : queues.find(({ length }) => length > 0)!).shift()!);
  }
  return Buffer.concat(out);
}

describe('FrameReader', () => {
  it('finds the lines of both outputs, however they interleave and however the bytes are cut', () => {
    const picks = fc.array(fc.boolean(), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(lines, picks, cuts, (all, order, where) => {
        const outputs = newOutputs();
        feed(new FrameReader(outputs), interleaved(all, order), where);
        for (const name of ['stdout', 'stderr'] as const) {
          const expected = all.filter(({ output }) => output === name);
          // Nothing but a time tells a piece from a new line: two in one nanosecond are still two, for both end.
          assert.deepEqual(
            linesIn(outputs[name]),
            expected.map(each => [each.text, each.sec, each.nanos]),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes what a run left without a newline for a line when the next message has another time', () => {
    const outputs = newOutputs();
    const head = timestampOf({ sec: 1, nanos: 1 });
    const next = timestampOf({ sec: 2, nanos: 2 });
    feed(
      new FrameReader(outputs),
      Buffer.concat([frameOf('stdout', `${head} half`), frameOf('stdout', `${next} next\n`)]),
      [],
    );
    assert.deepEqual(linesIn(outputs.stdout), [
      ['half', 1, 1],
      ['next', 2, 2],
    ]);
  });

  it('gives a line whose time cannot be read that of the one before, whole', () => {
    const outputs = newOutputs();
    const reader = new FrameReader(outputs);
    const head = timestampOf({ sec: 7, nanos: 8 });
    feed(
      reader,
      Buffer.concat([frameOf('stdout', `${head} a\n`), frameOf('stdout', 'when? b\n')]),
      [3, 50, 60],
    );
    assert.deepEqual(linesIn(outputs.stdout), [
      ['a', 7, 8],
      ['when? b', 7, 8],
    ]);
    assert.equal(reader.takeBadTimes(), 1);
    assert.equal(reader.takeBadTimes(), 0);
  });

  it('says that frames of impossible length, or of no stream, are none', () => {
    const push = (bytes: Buffer): string | undefined =>
      new FrameReader(newOutputs()).push(bytes, 0, bytes.length);
    const header = Buffer.from([1, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]);
    assert.match(push(Buffer.concat([header, Buffer.alloc(100)]))!, /impossible/);
    assert.match(
      push(Buffer.from('<html><body>Bad gateway</body></html>, and so on and on and on'))!,
      /impossible/,
    );
  });

  it('reads any bytes at all without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, where) => {
        const reader = new FrameReader(newOutputs());
        let from = 0;
        for (const to of [...where.map(cut => cut % (bytes.length + 1)), bytes.length].sort(
          (a, b) => a - b,
        )) {
          if (reader.push(Buffer.from(bytes), from, to) !== undefined) return;
          from = to;
        }
      }),
    );
  });
});

describe('TerminalReader', () => {
  it('finds the lines, however the bytes are cut', () => {
    fc.assert(
      fc.property(lines, cuts, (all, where) => {
        const buffer = new LineBuffer(MAX_LINE_BYTES, new LineOrder());
        feed(new TerminalReader(buffer), Buffer.concat(all.flatMap(messagesOf)), where);
        assert.deepEqual(
          linesIn(buffer),
          all.map(each => [each.text, each.sec, each.nanos]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out the carriage return of a terminal', () => {
    const buffer = new LineBuffer(MAX_LINE_BYTES, new LineOrder());
    feed(new TerminalReader(buffer), Buffer.from(`${timestampOf({ sec: 1, nanos: 2 })} hello\r\n`), [10]);
    assert.deepEqual(linesIn(buffer), [['hello', 1, 2]]);
  });
});

describe('LineBuffer', () => {
  it('cuts a line that is too long, at a character, and counts what is left out', () => {
    const buffer = new LineBuffer(10, new LineOrder());
    for (const long of ['12345678ää and more', '123456789ä', '1234567890']) {
      buffer.begin(1, 1);
      buffer.append(Buffer.from(`${long}\r\n`), 0, Buffer.byteLength(long) + 2);
      buffer.end();
    }
    assert.deepEqual(
      linesIn(buffer).map(([each]) => each),
      ['12345678ä', '123456789', '1234567890'],
    );
    const { cuts: cut, lostBytes } = buffer.takeLosses();
    assert.equal(cut, 2);
    assert.ok(lostBytes >= 12, `${lostBytes}`);
  });

  it('hands lines out in any portions, while others come', () => {
    const step = fc.tuple(
      fc.string({ maxLength: 30 }).map(each => each.replace(/[\r\n]/g, '·')),
      fc.nat({ max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const buffer = new LineBuffer(1000, new LineOrder());
        const taken: string[] = [];
        for (const [each, take] of steps) {
          const bytes = Buffer.from(`${each}\n`);
          buffer.begin(1, 1);
          buffer.append(bytes, 0, bytes.length);
          buffer.end();
          if (take === 0 || take > buffer.count) continue;
          const { bytes: out, spans } = buffer.take(take);
          for (let i = 0; i < spans.length; i += 2) taken.push(out.toString('utf8', spans[i], spans[i + 1]));
        }
        const rest = linesIn(buffer).map(([each]) => each);
        assert.deepEqual(
          [...taken, ...rest],
          steps.map(([each]) => each),
        );
      }),
    );
  });
});
