import { ProtoReader, VARINT } from './proto-reader.ts';
import type { PushTable } from './push-table.ts';

/** 0001-01-01T00:00:00Z, the first second that Go's timestamps hold, and the first that they do not. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_800;

/**
 * Decodes a PushRequest (already uncompressed) into `table`; the lines stay where they are in `bytes`. Returns
 * the text of Loki's 400 when it is malformed; `table` is then not to be used. Written by hand and apart from
 * the Loki sink's encoder, so that each checks the other.
 *
 *     PushRequest { Stream streams = 1 }       Stream { string labels = 1, Entry entries = 2, uint64 hash = 3 }
 *     Entry { Timestamp timestamp = 1, string line = 2, LabelPair structuredMetadata = 3 }
 */
export function decodePush(bytes: Buffer, table: PushTable): string | undefined {
  table.reset(bytes);
  const reader = new ProtoReader(bytes);
  while (reader.nextField(bytes.length, 'PushRequest')) {
    if (reader.field === 1) readStream(reader, reader.lengthEnd(bytes.length, 'Streams'), table);
    else reader.skip(bytes.length);
  }
  return reader.error;
}

function readStream(reader: ProtoReader, end: number, table: PushTable): void {
  const from = table.count;
  let labels = '';
  while (reader.nextField(end, 'StreamAdapter')) {
    if (reader.field === 1) {
      const labelsEnd = reader.lengthEnd(end, 'Labels');
      if (reader.error !== undefined) return;
      labels = reader.bytes.toString('utf8', reader.position, labelsEnd);
      reader.position = labelsEnd;
    } else if (reader.field === 2) readEntry(reader, reader.lengthEnd(end, 'Entries'), table);
    else reader.skip(end);
  }
  table.streams.push({ labels, from, to: table.count });
}

function readEntry(reader: ProtoReader, end: number, table: PushTable): void {
  const entry = table.add();
  while (reader.nextField(end, 'EntryAdapter')) {
    if (reader.field === 2) {
      const lineEnd = reader.lengthEnd(end, 'Line');
      if (reader.error !== undefined) return;
      table.start[entry] = reader.position;
      table.end[entry] = lineEnd;
      reader.position = lineEnd;
    } else if (reader.field === 1) readTimestamp(reader, reader.lengthEnd(end, 'Timestamp'), table, entry);
    else if (reader.field === 3) {
      readMetadata(reader, reader.lengthEnd(end, 'StructuredMetadata'), table, entry);
    } else reader.skip(end);
  }
}

function readTimestamp(reader: ProtoReader, end: number, table: PushTable, entry: number): void {
  let sec = 0;
  let nanos = 0;
  while (reader.nextField(end, 'Timestamp')) {
    if (reader.field > 2) reader.skip(end);
    else if (reader.wireType !== VARINT) {
      reader.fail(
        `proto: wrong wireType = ${reader.wireType} for field ${reader.field === 1 ? 'Seconds' : 'Nanos'}`,
      );
    } else if (reader.field === 1) sec = reader.varint(end);
    else nanos = reader.varint(end);
  }
  table.sec[entry] = sec;
  table.nanos[entry] = nanos;
  if (nanos < 0 || nanos >= 1e9 || sec < MIN_SECONDS || sec >= MAX_SECONDS) {
    reader.fail(timestampError(sec, nanos));
  }
}

function timestampError(sec: number, nanos: number): string {
  const shown = `timestamp: &Timestamp{Seconds:${sec},Nanos:${nanos},}`;
  if (sec < MIN_SECONDS) return `${shown} before 0001-01-01`;
  if (sec >= MAX_SECONDS) return `${shown} after 10000-01-01`;
  return `${shown}: nanos not in range [0, 1e9)`;
}

/** Metadata is measured, for the limits; the receiver does not keep it. */
function readMetadata(reader: ProtoReader, end: number, table: PushTable, entry: number): void {
  let bytes = 0;
  while (reader.nextField(end, 'LabelPairAdapter')) {
    if (reader.field > 2) {
      reader.skip(end);
      continue;
    }
    const valueEnd = reader.lengthEnd(end, reader.field === 1 ? 'Name' : 'Value');
    if (reader.error !== undefined) return;
    bytes += valueEnd - reader.position;
    reader.position = valueEnd;
  }
  table.metadataBytes[entry]! += bytes;
  table.metadataPairs[entry]! += 1;
}
