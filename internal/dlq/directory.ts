import { join } from 'node:path';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Logger } from '../selflog/logger.ts';
import { sinkOfFolder } from './folder-name.ts';

/** The queue's own files. No sink's folder has a dot in its name. */
export const LOCK_NAME = '.lock';
export const AUDIT_NAME = 'audit.ndjson';
export const OLD_AUDIT_NAME = 'audit.1.ndjson';
const OWN_NAMES = [LOCK_NAME, AUDIT_NAME, OLD_AUDIT_NAME];

/** The sinks that have a folder, in order of name. Whatever else is there is left alone. */
export async function listSinks(fs: Fs, dir: string, logger: Logger): Promise<string[]> {
  const sinks: string[] = [];
  for (const name of (await fs.readdir(dir)).sort()) {
    if (OWN_NAMES.includes(name)) continue;
    const sink = sinkOfFolder(name);
    if (sink !== undefined && (await fs.lstat(join(dir, name))).isDirectory()) sinks.push(sink);
    else
      logger.warn('dlq.stranger', 'this is no folder of dead letters: it is left alone', {
        path: join(dir, name),
      });
  }
  return sinks;
}
