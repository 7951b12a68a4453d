import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from './identity.ts';

/** File systems whose changes may be made on another machine, by the number that statfs(2) gives. */
const REMOTE = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x0bd00bd0, 'lustre'],
  [0x5346414f, 'afs'],
  [0x786f4256, 'vboxsf'],
  [0x65735546, 'fuse'],
]);

/** Whether one of the folders, or what is there of the way to it, lies where the kernel sends no events. */
export async function sendsNoEvents(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    if (REMOTE.has(await fileSystemOf(folder))) return true;
  }
  return false;
}

async function fileSystemOf(folder: string): Promise<number> {
  try {
    return (await statfs(folder)).type;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return folder === dirname(folder) ? 0 : fileSystemOf(dirname(folder));
  }
}
