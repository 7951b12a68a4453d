import { isUtf8 } from 'node:buffer';

/** Records in a buffer of their own. */
export interface Records {
  readonly bytes: Buffer;
  readonly spans: Uint32Array;
}

/**
 * Makes the records valid UTF-8: each maximal part of an invalid sequence becomes one U+FFFD, as the WHATWG
 * encoding standard says. Returns `undefined` where all are valid already, which is decided by one native call
 * for the whole chunk; else a copy. A repaired record may be up to three times as long as it was.
 */
export function repairUtf8(bytes: Buffer, spans: Uint32Array): Records | undefined {
  if (spans.length === 0 || isUtf8(bytes.subarray(spans[0], spans.at(-1)))) return undefined;
  const repaired: string[] = new Array(spans.length / 2);
  let total = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const record = bytes.subarray(spans[i], spans[i + 1]);
    if (isUtf8(record)) {
      total += record.length;
    } else {
      const text = record.toString('utf8');
      repaired[i / 2] = text;
      total += Buffer.byteLength(text);
    }
  }
  return gather(bytes, spans, repaired, total);
}

/** Copies the records one after the other, those in `repaired` from there. */
function gather(bytes: Buffer, spans: Uint32Array, repaired: readonly string[], total: number): Records {
  const out = Buffer.allocUnsafeSlow(total);
  const outSpans = new Uint32Array(spans.length);
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const text = repaired[i / 2];
    outSpans[i] = at;
    at += text === undefined ? bytes.copy(out, at, spans[i], spans[i + 1]) : out.write(text, at);
    outSpans[i + 1] = at;
  }
  return { bytes: out, spans: outSpans };
}
