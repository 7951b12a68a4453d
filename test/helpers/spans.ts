/** Lines as they stand in a file, a newline after each, and their spans. */
export function spansOf(lines: readonly (string | Uint8Array)[]): { bytes: Buffer; spans: Uint32Array } {
  const parts = lines.map(line => Buffer.from(line as Uint8Array));
  const spans = new Uint32Array(lines.length * 2);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    spans[2 * i] = at;
    spans[2 * i + 1] = at + part.length;
    at += part.length + 1;
  }
  return { bytes: Buffer.concat(parts.flatMap(part => [part, Buffer.from('\n')])), spans };
}

/** The texts of spans. */
export function textsOf(bytes: Buffer, spans: Uint32Array): string[] {
  return Array.from({ length: spans.length / 2 }, (_, i) =>
    bytes.toString('utf8', spans[2 * i], spans[2 * i + 1]),
  );
}
