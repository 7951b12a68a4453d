import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { FilePosition } from './identity.ts';
import { positionIn, type Reader } from './reader.ts';

const NEWLINE = 10;

/** How many lines there are behind a position, by reading them; a last one without newline counts. */
export async function countLines(reader: Reader, from: FilePosition, { bytes }: Slab): Promise<number> {
  let lines = 0;
  let at = from;
  let isWhole = true;
  for (;;) {
    const read = await reader.readAfter(at, bytes, bytes.length);
    if (read.isChanged || read.to === read.from) return isWhole ? lines : lines + 1;
    for (let end = bytes.indexOf(NEWLINE, read.from); end !== -1 && end < read.to; lines++)
      end = bytes.indexOf(NEWLINE, end + 1);
    isWhole = bytes[read.to - 1] === NEWLINE;
    at = positionIn(bytes, read.from, at, { consumed: read.to, isCut: false, outputs: undefined });
  }
}
