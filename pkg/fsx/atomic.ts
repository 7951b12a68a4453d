import { dirname } from 'node:path';
import { type Fs, syncDirectory, writeAll } from './fs.ts';

/**
 * Replaces the file at `path` by `data` so that, whenever the process is killed or the power is lost, the old
 * or the new content is there, whole; when this resolves, the new one is, durably. One writer a path at a
 * time. Rejects with the system's error; then the old content is there, or, when only the last step
 * failed (sync of the directory), the new one.
 */
export async function writeFileAtomic(fs: Fs, path: string, data: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await fs.open(temporary, 'w');
  try {
    await writeAll(file, data, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(temporary, path);
  await syncDirectory(fs, dirname(path));
}
