import { crc32 } from 'node:zlib';
import { type Fs, writeAll } from '../../pkg/fsx/fs.ts';
import { ifThere } from './files.ts';
import type { Segment } from './segment.ts';

/**
 * The companion of a segment, `00000001.done`: which of its letters are done, and which a person asked for. A line a
 * range of bytes, `<crc> done <from> <to>` or `<crc> again <from> <to>`; a line that is not whole is passed over, for
 * what it said only sends letters again.
 */
const LINE = /^([0-9a-f]{8}) ((done|again) (\d+) (\d+))$/;

export function donePath(segmentPath: string): string {
  return segmentPath.replace(/\.ndjson$/, '.done');
}

/** Takes over what the companion says, if there is one. */
export async function loadMarks(fs: Fs, segment: Segment): Promise<void> {
  const text = (await ifThere(fs.readFile(donePath(segment.path))))?.toString('latin1') ?? '';
  const done: [number, number][] = [];
  const again: [number, number][] = [];
  for (const line of text.split('\n')) {
    const [, checksum, mark = '', kind, from, to] = LINE.exec(line) ?? [];
    if (checksum !== hexOf(mark) || kind === undefined) continue;
    (kind === 'done' ? done : again).push([Number(from), Number(to)]);
  }
  const ascending = (ranges: [number, number][]): number[] => ranges.sort((a, b) => a[0] - b[0]).flat();
  segment.done.add(ascending(done));
  segment.requested.add(ascending(again));
}

/**
 * Appends what has not been saved yet, durably; resolves with whether there was anything. On failure all of it stays
 * to be saved.
 */
export async function saveMarks(fs: Fs, segment: Segment): Promise<boolean> {
  const done = segment.unsavedDone.pairs;
  const again = segment.unsavedRequested.pairs;
  if (done.length + again.length === 0) return false;
  // The newline first ends a line that an earlier write left torn.
  const data = Buffer.from(`\n${markLines('done', done)}${markLines('again', again)}`);
  const file = await fs.open(donePath(segment.path), 'a');
  try {
    await writeAll(file, data, null);
    await file.datasync();
  } finally {
    await file.close();
  }
  segment.unsavedDone.remove(done);
  segment.unsavedRequested.remove(again);
  return true;
}

function markLines(kind: 'done' | 'again', pairs: readonly number[]): string {
  let lines = '';
  for (let i = 0; i < pairs.length; i += 2) {
    const mark = `${kind} ${pairs[i]} ${pairs[i + 1]}`;
    lines += `${hexOf(mark)} ${mark}\n`;
  }
  return lines;
}

function hexOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
