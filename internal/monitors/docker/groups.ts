import type { Multiline } from '../multiline/multiline.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { TakenLines } from './text-memory.ts';

/** The first lines of an output, that become records now. */
export interface Group {
  readonly lines: number;
  /** Where the records are; without, each line is one. */
  readonly spans?: Uint32Array;
}

/** How many of the first `count` lines make whole records; with `mustClose` a record ends with the last of them. */
export function groupOf(
  buffer: LineBuffer,
  count: number,
  multiline: Multiline | undefined,
  mustClose: (openLine: number) => boolean,
): Group {
  if (multiline === undefined || count === 0) return { lines: count };
  const { first, bytes } = buffer;
  const { spans, openLine } = multiline.join(bytes, buffer.spans.subarray(first * 2, (first + count) * 2));
  if (openLine === count || mustClose(openLine)) return { lines: count, spans };
  return { lines: openLine, spans: spans.subarray(0, -2) };
}

/** Takes a group out of its buffer; `times` are those of its lines. */
export function takeGroup(
  buffer: LineBuffer,
  { lines, spans }: Group,
  times: Uint32Array,
): TakenLines & { readonly times: Uint32Array } {
  const from = buffer.spans[buffer.first * 2]!;
  const taken = buffer.take(lines);
  if (spans === undefined) return { ...taken, times };
  const moved = from - taken.spans[0]!;
  const records = moved === 0 ? spans : spans.map(at => at - moved);
  return { ...taken, spans: records, times: timesAt(records, taken.spans, times) };
}

/** The times of the records at `spans`, from those of the lines at `lines`. */
function timesAt(spans: Uint32Array, lines: Uint32Array, times: Uint32Array): Uint32Array {
  const own = new Uint32Array(spans.length);
  for (let record = 0, line = 0; record < spans.length; record += 2, line += 2) {
    while (lines[line] !== spans[record]) line += 2;
    own[record] = times[line]!;
    own[record + 1] = times[line + 1]!;
  }
  return own;
}
