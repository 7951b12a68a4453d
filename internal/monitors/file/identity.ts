import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { systemCode } from '../../../pkg/errors/errors.ts';
import type { Track } from '../../../pkg/types/ports.ts';
import { bothAt, type OutputPlaces } from '../formats/output-place.ts';
import type { ArchiveFormat } from './compression.ts';
import { diskPath } from './paths.ts';

/**
 * What makes a file the one that was read before: device and inode, the hash of its first bytes, and the hash
 * of the bytes just before the position. All three must agree: inodes are reused within seconds, many files
 * begin with the same banner, and a file that was truncated grows past its old size before anyone looks.
 */

/** A place in a file, and the proof that the bytes before it are those that were read. */
export type FilePosition = {
  readonly offset: number;
  /** CRC-32 of the up to `CHECK_BYTES` bytes before `offset`. */
  readonly check: number;
  /** Inside a line that is too long, whose rest is to be dropped. */
  readonly isCut: boolean;
  /** In a log of entries: where the outputs of the container go on, if not both at `offset`. */
  readonly outputs?: OutputPlaces;
};

/** What is remembered to know a file again. */
export type FileMeta = {
  readonly source: string;
  /** Where it was when it was first seen; its `filename` label for good. */
  readonly path: string;
  /** Where it was seen under another path: links led there, or it was renamed. */
  readonly lastPath?: string;
  readonly dev: string;
  readonly ino: string;
  /** When it was created, in nanoseconds since 1970, as far as the file system knows. */
  readonly born: string;
  /** The first bytes: how many, and their CRC-32. Grows with small files. */
  readonly headBytes: number;
  readonly headCheck: number;
  /** The file is compressed; positions, head and checks are those of the plain file that it was. */
  readonly archive?: Archive;
  /** Its content was in another file when it was first read. */
  readonly isCopy?: boolean;
  /** Of an archive: when its original was made, or copied before it was truncated, in nanoseconds since 1970. */
  readonly copiedNs?: string;
  /** It was read to its end and is gone; remembered to know it, or a copy of it, again. */
  readonly isGone?: boolean;
};

/** A compressed file. */
export type Archive = {
  /** `unread`: what is in it is left alone. */
  readonly format: ArchiveFormat | 'unread';
  /** Its size when all of it had been dealt with; 0 before. */
  readonly readBytes: number;
};

/** The memory of one file. */
export type FileTrack = Track<FilePosition, FileMeta>;

/** File systems count time in steps of up to this long. */
export const TIME_STEP_MS = 20;
export const CHECK_BYTES = 256;
export const HEAD_BYTES = 1024;
/** Of a file of which nothing is known. */
export const NO_HEAD: Head = { headBytes: 0, headCheck: 0 };
export const START: FilePosition = { offset: 0, check: 0, isCut: false };

/** Where the outputs of a container go on. */
export function outputsAt({ offset, outputs }: FilePosition): OutputPlaces {
  return outputs ?? bothAt(offset);
}

/** Grows with everything that is read: compares positions of one file. */
export function reach(position: FilePosition): number {
  if (position.outputs === undefined) return 2 * position.offset;
  return position.outputs.reduce((sum, { offset, skip }) => sum + offset + skip, 0);
}

/** Device and inode of a file, as one map key. */
export type FileId = string;

export function fileId(file: { readonly dev: bigint | string; readonly ino: bigint | string }): FileId {
  return `${file.dev}:${file.ino}`;
}

/** What is remembered of a file whose content is in another one now. */
export function movedTo(
  meta: FileMeta,
  { dev, ino, birthtimeNs }: BigIntStats,
  format: ArchiveFormat | undefined,
): FileMeta {
  const { lastPath: _, ...rest } = meta;
  const copied = meta.archive === undefined && { copiedNs: meta.born };
  const archive = format && { ...copied, archive: { format, readBytes: 0 } };
  const id = { dev: `${dev}`, ino: `${ino}`, born: `${birthtimeNs}` };
  return { ...rest, ...id, isCopy: true, isGone: false, ...archive };
}

/**
 * Whether a file is the remembered one as far as the file system knows. Inodes are used again, so the time of birth
 * has to agree, where there is one.
 */
export function isSameInode(meta: Pick<FileMeta, 'dev' | 'ino' | 'born'>, stat: BigIntStats): boolean {
  return fileId(meta) === fileId(stat) && isSameBirth(meta, stat);
}

/**
 * Where a file really is: in another folder it would not be found when it does not stand at its path any more, and while
 * nothing was read of it there is only its name to know its archive by.
 */
export function rememberPath(track: FileTrack, path: string): void {
  const { path: firstPath, lastPath = firstPath, headBytes } = track.meta;
  const hasMoved = headBytes === 0 ? path !== lastPath : dirname(path) !== dirname(lastPath);
  if (hasMoved) track.meta = { ...track.meta, lastPath: path };
}

/** When a file was made: files of one tick of the file system's clock are told apart by inodes, which go up. */
export type Birth = Pick<BigIntStats, 'birthtimeNs' | 'ino'>;

export function birthOf({ born, ino }: Pick<FileMeta, 'born' | 'ino'>): Birth {
  return { birthtimeNs: BigInt(born), ino: BigInt(ino) };
}

export function isOlder(a: Birth, b: Birth): boolean {
  return a.birthtimeNs === b.birthtimeNs ? a.ino < b.ino : a.birthtimeNs < b.birthtimeNs;
}

/**
 * Devices whose file systems know when files were made. Of the others the time of the last change is given for it, so
 * one file of which the two differ tells it of all.
 */
const devicesWithBirths = new Set<bigint>();

function hasBirth({ dev, birthtimeNs, ctimeNs }: BigIntStats): boolean {
  if (birthtimeNs > 0n && birthtimeNs !== ctimeNs) devicesWithBirths.add(dev);
  return devicesWithBirths.has(dev);
}

/** Whether the file system of a folder knows when files were made. */
export async function knowsBirths(folder: string): Promise<boolean> {
  const stat = await statFile(folder, true);
  return stat !== undefined && hasBirth(stat);
}

/** Whether a file may have been born when the remembered one was. */
export function isSameBirth({ born }: Pick<FileMeta, 'born'>, stat: BigIntStats): boolean {
  return `${stat.birthtimeNs}` === born || !hasBirth(stat);
}

/** How a file is compressed, by what is remembered of it; `undefined` where it is read as it is. */
export function formatOf({ archive }: FileMeta): ArchiveFormat | undefined {
  return archive === undefined || archive.format === 'unread' ? undefined : archive.format;
}

/** What stands at a path; `undefined` where there is nothing. Rejects where it may not be known. */
export async function statFile(path: string, followSymlinks: boolean): Promise<BigIntStats | undefined> {
  try {
    return await (followSymlinks ? stat : lstat)(diskPath(path), { bigint: true });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** The regular file at a path; `undefined` where there is nothing, or something else. */
export async function regularFile(path: string, followSymlinks: boolean): Promise<BigIntStats | undefined> {
  const stat = await statFile(path, followSymlinks);
  return stat?.isFile() ? stat : undefined;
}

/** Whether an error of the file system says that there is nothing at a path. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error));
}

/** Whether the file system refused, as opposed to a bug or to a refusal of our own. */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

/** `undefined` where the file system refuses. */
export async function orNothing<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}

/** CRC-32 of the up to `CHECK_BYTES` bytes of `bytes` before index `end`. */
export function checkBefore(bytes: Buffer, end: number): number {
  return crc32(bytes.subarray(Math.max(0, end - CHECK_BYTES), end));
}

/** A position in an open file, from what stands there now. */
export async function positionAt(handle: FileHandle, offset: number, isCut: boolean): Promise<FilePosition> {
  const before = await readAt(handle, Math.max(0, offset - CHECK_BYTES), Math.min(CHECK_BYTES, offset));
  return { offset, check: crc32(before), isCut };
}

/** The first bytes of a file: how many, and their CRC-32. */
export type Head = Pick<FileMeta, 'headBytes' | 'headCheck'>;

/** The head of a file of which the first `readableBytes` will not change any more. */
export async function headOf(handle: FileHandle, readableBytes: number): Promise<Head> {
  const head = await readAt(handle, 0, Math.min(HEAD_BYTES, readableBytes));
  return { headBytes: head.length, headCheck: crc32(head) };
}

/** Remembers more of the head after `bytes` that stand at `offset` were read, where they go on with it. */
export function growHead(track: FileTrack, offset: number, bytes: Buffer): void {
  const { headBytes, headCheck } = track.meta;
  if (headBytes !== offset || offset >= HEAD_BYTES || bytes.length === 0) return;
  const more = bytes.subarray(0, HEAD_BYTES - offset);
  track.meta = { ...track.meta, headBytes: offset + more.length, headCheck: crc32(more, headCheck) };
}

/** Whether an open file begins as remembered. */
export async function hasHead(handle: FileHandle, { headBytes, headCheck }: Head): Promise<boolean> {
  const head = await readAt(handle, 0, headBytes);
  return head.length === headBytes && crc32(head) === headCheck;
}

/** Whether what stands before a position is what was read there. */
export async function hasPosition(handle: FileHandle, position: FilePosition): Promise<boolean> {
  const found = await positionAt(handle, position.offset, position.isCut);
  return found.check === position.check;
}

/** Up to `length` bytes from `offset`, fewer at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
