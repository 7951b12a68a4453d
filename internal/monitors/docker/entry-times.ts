import type { Instant } from '../../../pkg/types/stream.ts';
import { DockerJsonReader } from '../formats/docker-json.ts';
import { isBefore } from './cursor.ts';
import type { PlainLog } from './log-file.ts';

const LF = 10;
/** An entry with its time ends within so many bytes, unless it is a strange one. */
const LOOK_BYTES = 256 * 1024;
/** To read so much costs less than to look for a place in it. */
const NEAR_BYTES = 1024 * 1024;

const reader = new DockerJsonReader();

/** The time of the first entry that begins in `bytes`, which begin with one. */
export function timeOf(bytes: Buffer): Instant | undefined {
  return timedEntry(bytes, 0)?.time;
}

/** Where to begin to read all that was written at `since` or after it: an entry, not far before the first of them. */
export async function placeOf(file: PlainLog, since: Instant): Promise<number> {
  let [before, behind] = [0, await file.size()];
  const bytes = Buffer.allocUnsafe(LOOK_BYTES);
  while (behind - before > NEAR_BYTES) {
    const middle = Math.floor((before + behind) / 2);
    const found = await file.readAt(bytes, middle);
    const start = bytes.indexOf(LF);
    const entry =
      start === -1 || start >= found ? undefined : timedEntry(bytes.subarray(0, found), start + 1);
    if (entry !== undefined && isBefore(entry.time, since)) before = middle + entry.at;
    else behind = middle;
  }
  return before;
}

/** The first entry in `bytes` from `from` on that has a time, and where it begins. */
function timedEntry(
  bytes: Buffer,
  from: number,
): { readonly at: number; readonly time: Instant } | undefined {
  for (let at = from, end = bytes.indexOf(LF, at); end !== -1; at = end + 1, end = bytes.indexOf(LF, at)) {
    if (reader.read(bytes, at, end) && reader.isTimed) {
      return { at, time: { sec: reader.sec, nanos: reader.nanos } };
    }
  }
  return undefined;
}
