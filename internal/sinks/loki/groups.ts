import type { Part } from '../../../pkg/types/batch.ts';
import type { Stream } from '../../../pkg/types/stream.ts';

/** The parts of one stream in a batch, in order: one stream message of a push. */
export interface Group {
  readonly stream: Stream;
  readonly parts: readonly Part[];
}

/** Brings the parts of each stream together, streams in order of their first part. */
export function groupByStream(parts: readonly Part[]): readonly Group[] {
  if (parts.length === 1) return [{ stream: parts[0]!.stream, parts }];
  const byStream = new Map<Stream, Part[]>();
  for (const part of parts) {
    const group = byStream.get(part.stream);
    if (group === undefined) byStream.set(part.stream, [part]);
    else group.push(part);
  }
  return Array.from(byStream, ([stream, group]) => ({ stream, parts: group }));
}
