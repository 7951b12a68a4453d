import type { Findings } from '../findings.ts';
import type { NumberedPart, Selection } from './groups.ts';
import { without } from './groups.ts';
import { characterEnd } from './label-limits.ts';

/** The longest line that Loki takes, and what becomes of longer ones; 0 leaves that to Loki. */
export interface LineLimit {
  readonly bytes: number;
  readonly onLong: 'truncate' | 'dlq';
}

/** A selection in which every line has at most the allowed size; `undefined` when no record is left. */
export interface Shortened {
  readonly selection: Selection | undefined;
  readonly cutLines: number;
}

/** Cuts or refuses the lines that are too long. What is lent is not written to: cut parts have spans of their own. */
export function limitLines(selection: Selection, limit: LineLimit, findings: Findings): Shortened {
  if (limit.onLong === 'dlq') return { selection: refuseLong(selection, limit, findings), cutLines: 0 };
  let cutLines = 0;
  const shortened = selection.map(({ target, parts }) => ({
    target,
    parts: parts.map(part => {
      const cut = longRecords(part, limit.bytes);
      cutLines += cut.length;
      return cut.length === 0 ? part : { ...part, spans: cutSpans(part, cut, limit.bytes) };
    }),
  }));
  return { selection: shortened, cutLines };
}

function refuseLong(selection: Selection, { bytes }: LineLimit, findings: Findings): Selection | undefined {
  for (const { parts } of selection)
    for (const part of parts)
      for (const r of longRecords(part, bytes)) {
        const message = `a line of ${part.spans[2 * r + 1]! - part.spans[2 * r]!} bytes: max_line_bytes is ${bytes}`;
        findings.refuse([part.first + r - part.from], { kind: 'too_large', message });
      }
  return without(selection, record => findings.isDecided(record));
}

function longRecords({ spans, from, to }: NumberedPart, maxBytes: number): number[] {
  const long: number[] = [];
  for (let r = from; r < to; r++) if (spans[2 * r + 1]! - spans[2 * r]! > maxBytes) long.push(r);
  return long;
}

/** A line ends with a whole character, however little room that leaves unused. */
function cutSpans({ bytes, spans }: NumberedPart, long: readonly number[], maxBytes: number): Uint32Array {
  const cut = spans.slice();
  for (const r of long) cut[2 * r + 1] = characterEnd(bytes, cut[2 * r]!, cut[2 * r]! + maxBytes);
  return cut;
}
