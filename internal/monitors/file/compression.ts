/** What can be decompressed here. */
export type ArchiveFormat = 'gzip' | 'zstd';

/** Names of compressed files. What is compressed is never text, whatever its name is: `isCompressed` decides. */
const COMPRESSED_NAME = /\.(gz|zst|xz|bz2|lz4|zip)$/;
const ARCHIVE_NAME = /\.(gz|zst)$/;
/** How files begin that are compressed: gzip, zstd, xz, bzip2, LZ4, zip. */
const MAGIC = ['1f8b08', '28b52ffd', 'fd377a585a00', '425a68', '04224d18', '504b0304'].map(hex =>
  Buffer.from(hex, 'hex'),
);

/** Whether a file with this name is compressed, by all that its name says. */
export function hasCompressedName(path: string): boolean {
  return COMPRESSED_NAME.test(path);
}

/** How a file with this name is compressed, where it can be read. */
export function archiveFormat(path: string): ArchiveFormat | undefined {
  const suffix = ARCHIVE_NAME.exec(path)?.[1];
  if (suffix === undefined) return undefined;
  return suffix === 'gz' ? 'gzip' : 'zstd';
}

/** The path that a file had before it was compressed. */
export function plainPath(path: string): string {
  return path.replace(ARCHIVE_NAME, '');
}

/** Whether an archive may not be whole: what it is made of is beside it, among `paths`. */
export function isBeingCompressed(path: string, paths: ReadonlySet<string>): boolean {
  return archiveFormat(path) !== undefined && paths.has(plainPath(path));
}

/** Whether `bytes[from … to)` begin a compressed file. */
export function isCompressed(bytes: Buffer, from: number, to: number): boolean {
  return MAGIC.some(
    magic => to - from >= magic.length && magic.compare(bytes, from, from + magic.length) === 0,
  );
}
