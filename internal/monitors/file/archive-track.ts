import type { FileTrack } from './identity.ts';

/** What is in a file is left alone, for it is compressed. */
export function leaveUnread(track: FileTrack): void {
  if (track.meta.archive === undefined)
    track.meta = { ...track.meta, archive: { format: 'unread', readBytes: 0 } };
}

/** All of a compressed file of `diskBytes` was dealt with: it is left alone until it changes. Whether that is new. */
export function finishArchive(track: FileTrack, diskBytes: number): boolean {
  const { archive } = track.meta;
  if (archive === undefined || archive.readBytes === diskBytes) return false;
  track.meta = { ...track.meta, archive: { ...archive, readBytes: diskBytes } };
  return true;
}

/** It is the archive of a file that was copied at `ns` and truncated. */
export function rememberCopied(track: FileTrack, ns: bigint): void {
  track.meta = { ...track.meta, copiedNs: `${ns}` };
}
