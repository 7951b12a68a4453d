import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';

/** The only image: Debian's busybox-static and some of its commands. */
export const IMAGE = 'log-capturer-test:1';
export const BUSYBOX = '/bin/busybox';
const COMMANDS = [
  'sh',
  'cat',
  'sleep',
  'seq',
  'mkfifo',
  'yes',
  'head',
  'true',
  'kill',
  'dd',
  'tr',
  'awk',
  'chroot',
];

/** Makes the image, as `docker import` does; nothing is fetched from anywhere. */
export async function importBusybox(docker: Docker, dir: string): Promise<void> {
  const [root, tar] = [join(dir, 'image'), join(dir, 'image.tar')];
  await mkdir(join(root, 'bin'), { recursive: true });
  await copyFile(BUSYBOX, join(root, 'bin/busybox'));
  for (const command of COMMANDS) await symlink('busybox', join(root, 'bin', command));
  await promisify(execFile)('tar', ['-C', root, '-cf', tar, '.']);
  const [repo, tag] = IMAGE.split(':') as [string, string];
  const answer = await docker.importImage(tar, { repo, tag });
  await new Promise<void>((resolve, reject) => answer.on('end', resolve).on('error', reject).resume());
  await rm(tar);
}
