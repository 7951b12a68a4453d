import { type Fs, syncDirectory, writeAll } from '../../pkg/fsx/fs.ts';
import type { Logger } from '../selflog/logger.ts';
import { createNew } from './files.ts';
import type { Folder } from './folder.ts';
import type { Segment } from './segment.ts';

/** A stretch of a segment that is no letter. */
export interface Damage {
  readonly from: number;
  readonly to: number;
  /** The first bytes of it. */
  readonly bytes: Buffer;
  /** Whether the file ends with it. */
  readonly isTail: boolean;
}

/** So much of one damaged part is kept. */
export const MAX_COPY_BYTES = 1024 * 1024;
/** So many copies are kept a sink. */
export const MAX_COPIES = 100;

/**
 * Keeps a copy of each damaged part for people to look at, says where it was, and takes it out of the way: a tail is
 * cut off, any other part is marked as done. Where the copy cannot be written, the segment stays for the next start.
 */
export async function setAside(
  { fs, folder, logger }: { readonly fs: Fs; readonly folder: Folder; readonly logger: Logger },
  segment: Segment,
  damages: readonly Damage[],
): Promise<void> {
  for (const damage of damages) {
    const bytes = damage.to - damage.from;
    let copy = 'none: there are too many';
    try {
      if (folder.copies < MAX_COPIES) copy = await writeCopy(fs, folder.path, segment, damage);
      folder.copies++;
      if (damage.isTail) await truncate(fs, segment.path, damage.from);
    } catch (error) {
      const fields = { path: segment.path, offset: damage.from, error };
      logger.error('dlq.damaged', 'a damaged part of the dead letters cannot be set aside now', fields);
      segment.holdsEvidence = true;
      continue;
    }
    segment.done.add([damage.from, damage.to]);
    if (!damage.isTail) segment.unsavedDone.add([damage.from, damage.to]);
    const message = 'a part of the dead letters is torn or damaged: it is lost, all other letters are whole';
    const fields = { code: 'LC_STATE_CORRUPT', path: segment.path, offset: damage.from, bytes, copy };
    logger.error('dlq.damaged', message, fields);
  }
}

/** The path of the copy: `00000001.damaged-4711`, and where that is taken, `-2` behind it, and so on. */
async function writeCopy(fs: Fs, folder: string, segment: Segment, { from, bytes }: Damage): Promise<string> {
  const base = segment.path.replace(/\.ndjson$/, `.damaged-${from}`);
  let path = base;
  let file = await createNew(fs, path);
  for (let n = 2; file === undefined; n++) {
    path = `${base}-${n}`;
    file = await createNew(fs, path);
  }
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
  } catch (error) {
    await fs.unlink(path);
    throw error;
  } finally {
    await file.close();
  }
  await syncDirectory(fs, folder);
  return path;
}

async function truncate(fs: Fs, path: string, bytes: number): Promise<void> {
  const file = await fs.open(path, 'r+');
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}
