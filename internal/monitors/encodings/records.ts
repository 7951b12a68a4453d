/** Records in a buffer. */
export interface Records {
  readonly bytes: Buffer;
  readonly spans: Uint32Array;
}

/**
 * Copies records one after the other into a buffer of their own, those in `texts` from there, with the line ending
 * that stood between two of them. What else stood there is left out.
 */
export function gather(bytes: Buffer, spans: Uint32Array, texts: readonly (string | undefined)[]): Records {
  const out = Buffer.allocUnsafeSlow(gatheredBytes(bytes, spans, texts));
  const outSpans = new Uint32Array(spans.length);
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    if (i > 0) at += bytes.copy(out, at, spans[i - 1], spans[i - 1]! + endingBytes(bytes, spans, i));
    const text = texts[i / 2];
    outSpans[i] = at;
    at += text === undefined ? bytes.copy(out, at, spans[i], spans[i + 1]) : out.write(text, at);
    outSpans[i + 1] = at;
  }
  return { bytes: out, spans: outSpans };
}

function gatheredBytes(bytes: Buffer, spans: Uint32Array, texts: readonly (string | undefined)[]): number {
  let total = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const text = texts[i / 2];
    total += text === undefined ? spans[i + 1]! - spans[i]! : Buffer.byteLength(text);
    if (i > 0) total += endingBytes(bytes, spans, i);
  }
  return total;
}

/** How long the line ending between the record at `i` and the one before is; 0 where anything else is there. */
export function endingBytes(bytes: Buffer, spans: Uint32Array, i: number): number {
  const from = spans[i - 1]!;
  const gap = spans[i]! - from;
  if (gap === 1) return bytes[from] === 10 ? 1 : 0;
  return gap === 2 && bytes[from] === 13 && bytes[from + 1] === 10 ? 2 : 0;
}
