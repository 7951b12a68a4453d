import type { File } from '../../pkg/fsx/fs.ts';
import { type Damage, MAX_COPIES, MAX_COPY_BYTES } from './damage.ts';
import { parseLetter } from './letter.ts';
import { causeAt } from './letter-format.ts';
import { type LetterPage, readLetters } from './letter-pages.ts';
import type { Segment } from './segment.ts';

/** What a scan found besides letters; `undefined` for a segment of a version that this one does not know. */
export type ScanResult = readonly Damage[] | undefined;

/**
 * Counts the letters of a segment that are not done, by cause, checks every checksum, and finds what is damaged.
 * Nothing is parsed but its first and last letter. Rejects with the system's error.
 */
export async function scan(file: File, segment: Segment, isAuto: readonly boolean[]): Promise<ScanResult> {
  const { size } = await file.stat();
  const damages: Damage[] = [];
  let last: Buffer | undefined;
  segment.bytes = size;
  for await (const page of readLetters(file, 0, size)) {
    if (!count(page, segment, isAuto)) return undefined;
    const { letters, damaged, bytes, offset } = page;
    if (last === undefined && letters.length > 0) see(segment, bytes.subarray(letters[0]!, letters[1]!));
    if (letters.length > 0) last = Buffer.from(bytes.subarray(letters.at(-2)!, letters.at(-1)!));
    for (let i = 0; i < damaged.length; i += 2) {
      const [from, to] = [damaged[i]!, damaged[i + 1]!];
      if (segment.done.endAt(offset + from) >= offset + to) continue;
      const kept = damages.length < MAX_COPIES ? Math.min(to, from + MAX_COPY_BYTES) : from;
      const copy = Buffer.from(bytes.subarray(from, kept));
      damages.push({ from: offset + from, to: offset + to, bytes: copy, isTail: offset + to === size });
    }
  }
  if (last !== undefined) see(segment, last);
  const tail = damages.at(-1);
  if (tail?.isTail) segment.bytes = tail.from;
  return damages;
}

/** Returns false when a letter is whole and yet none that this version knows. */
function count(
  { letters, bytes, offset }: LetterPage,
  segment: Segment,
  isAuto: readonly boolean[],
): boolean {
  const { done, requested, live } = segment;
  for (let i = 0; i < letters.length; i += 2) {
    const [from, to] = [letters[i]!, letters[i + 1]!];
    const cause = causeAt(bytes, from, to);
    if (cause < 0) return false;
    if (done.endAt(offset + from) >= 0) continue;
    live.add(cause, 1, to + 1 - from);
    if (isAuto[cause] || requested.endAt(offset + from) >= 0) segment.takeable++;
  }
  return true;
}

function see(segment: Segment, letter: Buffer): void {
  segment.seen(Date.parse(parseLetter(letter).last));
}
