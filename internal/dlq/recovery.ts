import { join } from 'node:path';
import { errorText } from '../../pkg/errors/errors.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Logger } from '../selflog/logger.ts';
import { setAside } from './damage.ts';
import { loadMarks } from './done-file.ts';
import { readFolder, segmentPath } from './folder.ts';
import { scan } from './scan.ts';
import { Segment } from './segment.ts';

export interface RecoveryOptions {
  readonly fs: Fs;
  readonly logger: Logger;
  readonly isAuto: readonly boolean[];
}

/**
 * Reads a sink's folder at the start: every letter's checksum, in memory for one page (512 KiB), or the longest letter.
 * What is damaged is set aside; what this version does not know stays untouched. Rejects with the system's error when
 * the folder cannot be listed.
 */
export async function recover(
  { fs, logger, isAuto }: RecoveryOptions,
  path: string,
): Promise<{ readonly segments: readonly Segment[]; readonly nextNumber: number }> {
  const folder = await readFolder(fs, path);
  const leaveAlone = (stranger: string, message: string): void =>
    logger.warn('dlq.stranger', `${message}: it is left alone`, { path: stranger });
  for (const name of folder.strangers) leaveAlone(join(path, name), 'this version knows no such file');
  for (const name of folder.leftovers) await fs.unlink(join(path, name));
  const segments: Segment[] = [];
  for (const number of folder.segments) {
    const segment = new Segment(number, segmentPath(path, number), false);
    try {
      await loadMarks(fs, segment);
      const damages = await scanFile(fs, segment, isAuto);
      if (damages === undefined) {
        leaveAlone(segment.path, 'this version does not know the letters of this segment');
        continue;
      }
      await setAside({ fs, folder, logger }, segment, damages);
      segments.push(segment);
    } catch (error) {
      leaveAlone(segment.path, `this segment cannot be read (${errorText(error)})`);
    }
  }
  return { segments, nextNumber: folder.nextNumber };
}

async function scanFile(fs: Fs, segment: Segment, isAuto: readonly boolean[]): ReturnType<typeof scan> {
  const file = await fs.open(segment.path, 'r');
  try {
    return await scan(file, segment, isAuto);
  } finally {
    await file.close();
  }
}
