import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { encodingOf } from '../encodings/encoding-of.ts';
import {
  type FilePosition,
  fileId,
  type Head,
  headOf,
  NO_HEAD,
  positionAt,
  readAt,
  START,
} from './identity.ts';
import { openFile } from './open-file.ts';
import type { FileSource } from './source.ts';

/** Where to begin in a file that is seen for the first time, and its head up to there. */
export interface FirstPosition {
  readonly position: FilePosition;
  readonly head: Head;
}

/** How far back from the end the beginning of the last line is looked for. */
const LOOK_BACK_BYTES = 64 * 1024;

/** The beginning of a file. */
export const AT_START: FirstPosition = { position: START, head: NO_HEAD };

/** What there is to know of the file to begin in it. */
type Source = Pick<FileSource, 'followSymlinks' | 'encoding'>;

/**
 * Behind what is there already. A line that is being written then is read from its beginning; where that is too
 * far back, its rest is dropped. `AT_START` where the file is not there any more.
 */
export function atEnd(path: string, stat: BigIntStats, source: Source): Promise<FirstPosition> {
  return lookInto(path, stat, source, endOf);
}

/** Behind all that was there when `stat` was taken, also behind a last line without newline, whose rest is dropped. */
export function behindAll(path: string, stat: BigIntStats, source: Source): Promise<FirstPosition> {
  return lookInto(path, stat, source, async (handle, nowBytes, newline) => {
    const sizeBytes = Math.min(nowBytes, Number(stat.size));
    const last = await readAt(handle, Math.max(0, sizeBytes - newline.length), newline.length);
    const isCut = last.length > 0 && !last.equals(newline);
    return { position: await positionAt(handle, sizeBytes, isCut), head: await headOf(handle, sizeBytes) };
  });
}

async function lookInto(
  path: string,
  stat: BigIntStats,
  { followSymlinks, encoding }: Source,
  look: (handle: FileHandle, sizeBytes: number, newline: Buffer) => Promise<FirstPosition>,
): Promise<FirstPosition> {
  const opened = await openFile(path, fileId(stat), NO_HEAD, followSymlinks);
  if (typeof opened === 'string') return AT_START;
  try {
    return await look(opened.handle, opened.sizeBytes, encodingOf(encoding).newline);
  } finally {
    await opened.handle.close();
  }
}

async function endOf(handle: FileHandle, sizeBytes: number, newline: Buffer): Promise<FirstPosition> {
  const wholeBytes = sizeBytes - (sizeBytes % newline.length);
  const from = Math.max(0, wholeBytes - LOOK_BACK_BYTES);
  const last = await readAt(handle, from, wholeBytes - from);
  const lineStart = lastLineStart(last, newline);
  const isCut = lineStart === 0 && from > 0;
  const offset = isCut ? from + last.length : from + lineStart;
  return { position: await positionAt(handle, offset, isCut), head: await headOf(handle, offset) };
}

/** Where the last line begins; a newline of two bytes begins at an even index only. */
function lastLineStart(bytes: Buffer, newline: Buffer): number {
  let at = bytes.lastIndexOf(newline);
  while (at > 0 && at % newline.length !== 0) at = bytes.lastIndexOf(newline, at - 1);
  return at === -1 ? 0 : at + newline.length;
}
