import { isUtf8 } from 'node:buffer';
import { gather, type Records } from './records.ts';

/**
 * Makes the records valid UTF-8: each maximal part of an invalid sequence becomes one U+FFFD, as the WHATWG
 * encoding standard says. Returns `undefined` where all are valid already, which is decided by one native call
 * for the whole chunk; else a copy. A repaired record may be up to three times as long as it was.
 */
export function repairUtf8(bytes: Buffer, spans: Uint32Array): Records | undefined {
  if (spans.length === 0 || isUtf8(bytes.subarray(spans[0], spans.at(-1)))) return undefined;
  const texts: (string | undefined)[] = new Array(spans.length / 2);
  for (let i = 0; i < spans.length; i += 2) {
    const record = bytes.subarray(spans[i], spans[i + 1]);
    if (!isUtf8(record)) texts[i / 2] = record.toString('utf8');
  }
  return gather(bytes, spans, texts);
}

/** The last place at or before `cut` that does not lie inside a UTF-8 character; `cut` where there is none. */
export function utf8Boundary(text: Buffer, start: number, cut: number): number {
  for (let at = cut; at > start && at > cut - 4; at--) if ((text[at]! & 0xc0) !== 0x80) return at;
  return cut;
}
