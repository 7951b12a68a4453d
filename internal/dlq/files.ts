import { systemCode } from '../../pkg/errors/errors.ts';
import type { File, Fs } from '../../pkg/fsx/fs.ts';

/** What the call gives, or `undefined` where the file is not there, which is no failure. */
export async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Size of a file; 0 where there is none. */
export async function sizeIfThere(fs: Fs, path: string): Promise<number> {
  return (await ifThere(fs.stat(path)))?.size ?? 0;
}

/** A new file; `undefined` where something of that name, a link too, is there already: it is left alone. */
export async function createNew(fs: Fs, path: string): Promise<File | undefined> {
  try {
    return await fs.open(path, 'wx');
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}
