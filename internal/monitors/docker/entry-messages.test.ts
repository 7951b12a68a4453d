import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { textsOf } from '../../../test/helpers/spans.ts';
import { OUTPUTS } from '../formats/entry-reader.ts';
import { EntryMessages } from './entry-messages.ts';
import { LineBuffer } from './line-buffer.ts';
import { LineOrder } from './line-order.ts';
import type { OutputLines } from './message-reader.ts';

const SEC = 1_700_000_000;
const TIME = new Date(SEC * 1000).toISOString().slice(0, 19);

function entry(log: string, nanos: number, output = 0): string {
  const time = `${TIME}.${String(nanos).padStart(9, '0')}Z`;
  return `${JSON.stringify({ log, stream: OUTPUTS[output], time })}\n`;
}

function outputLines(): OutputLines {
  const order = new LineOrder();
  return { stdout: new LineBuffer(1e6, order), stderr: new LineBuffer(1e6, order) };
}

/** Reads a log in pieces that end at `ends`. */
function read(log: string, ends: readonly number[], sinceNanos?: number): string[][] {
  const outputs = outputLines();
  const since = sinceNanos === undefined ? null : { sec: SEC, nanos: sinceNanos };
  const messages = new EntryMessages(outputs, since);
  const bytes = Buffer.from(log);
  let at = 0;
  for (const end of [...ends.filter(each => each < bytes.length).sort((a, b) => a - b), bytes.length]) {
    // Every read has the same memory.
    const memory = Buffer.concat([bytes.subarray(at, end), Buffer.from('left over\n')]);
    assert.equal(messages.push(memory, 0, end - at), undefined);
    at = end;
  }
  return OUTPUTS.map(output => {
    const lines = outputs[output];
    lines.close();
    return textsOf(lines.bytes, lines.spans.slice(0, lines.count * 2));
  });
}

const ends = fc.array(fc.nat({ max: 2000 }), { maxLength: 10 });

describe('EntryMessages', () => {
  it('gives the lines of each output, pieces of one time joined, however the log is read', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '"', '\\', '\u0000', '<', ' '), maxLength: 10 });
    const piece = fc.record({
      text,
      output: fc.nat({ max: 1 }),
      endsLine: fc.boolean(),
      isNext: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), ends, (pieces, cuts) => {
        const lines: string[][] = [[], []];
        const open = [-1, -1];
        let nanos = 0;
        let log = '';
        for (const each of pieces) {
          if (each.isNext) nanos++;
          log += entry(each.endsLine ? `${each.text}\n` : each.text, nanos, each.output);
          const its = lines[each.output]!;
          if (open[each.output] === nanos) its.push(its.pop()! + each.text);
          else its.push(each.text);
          open[each.output] = each.endsLine ? -1 : nanos;
        }
        assert.deepEqual(read(log, cuts), lines);
      }),
      { numRuns: 2000 },
    );
  });

  it('passes on what is no entry, and leaves out what a power cut left', () => {
    const log = `${entry('one\n', 1)}\0\0\0${entry('two\n', 2)}{"log":"torn\n\0\0\n${entry('three\n', 3)}`;
    assert.deepEqual(read(log, [50, 100, 150]), [['one', 'two', '{"log":"torn', 'three'], []]);
  });

  it('leaves out what is older, up to the first that is not', () => {
    const log = entry('1\n', 1) + entry('2\n', 2) + entry('3\n', 3) + entry('1 again\n', 1);
    assert.deepEqual(read(log, [], 2), [['2', '3', '1 again'], []]);
  });

  it('gives a line up that is no entry and has no end', () => {
    const messages = new EntryMessages(outputLines(), null);
    const bytes = Buffer.alloc(600 * 1024, 'x');
    assert.equal(messages.push(bytes, 0, bytes.length), undefined);
    assert.match(messages.push(bytes, 0, bytes.length)!, /no entry/);
  });
});
