import { crc32 } from 'node:zlib';
import { checkVersion, FORMAT_VERSION, hex } from './snapshot.ts';
import type { JournalRecord } from './state.ts';

/**
 * The first line of a journal. `follows` is the length of the journal of the generation before (0: there is
 * none, or it is empty), when this one goes on exactly where that ended; `null` when only the snapshot of its
 * own generation leads here.
 */
interface JournalHeader {
  readonly journal: number;
  readonly version: number;
  readonly follows: number | null;
}

/** What could be read of a journal. */
export interface JournalContent {
  readonly follows: number | null;
  readonly records: readonly JournalRecord[];
  /** Length of the part that is whole. */
  readonly goodBytes: number;
  /** Bytes after it: torn by a crash, or damaged. */
  readonly lostBytes: number;
}

/** Of the checksum and the blank. */
const PREFIX_LENGTH = 9;
const NEWLINE = 10;

/** One line: checksum, blank, JSON. */
export function encodeRecord(record: JournalRecord): string {
  return encodeLine(JSON.stringify(record));
}

export function encodeHeader(generation: number, follows: number | null): string {
  const header: JournalHeader = { journal: generation, version: FORMAT_VERSION, follows };
  return encodeLine(JSON.stringify(header));
}

/** Reads up to the first line that is not whole. Throws `LC_STATE_VERSION` for a journal of another version. */
export function decodeJournal(data: Buffer): JournalContent {
  const records: JournalRecord[] = [];
  let header: JournalHeader | undefined;
  let goodBytes = 0;
  for (;;) {
    const end = data.indexOf(NEWLINE, goodBytes);
    const line = end < 0 ? undefined : decodeLine(data.subarray(goodBytes, end));
    if (line === undefined) break;
    if (header === undefined) {
      header = line as JournalHeader;
      checkVersion(header.version);
    } else {
      records.push(line as JournalRecord);
    }
    goodBytes = end + 1;
  }
  return { follows: header?.follows ?? null, records, goodBytes, lostBytes: data.length - goodBytes };
}

function encodeLine(json: string): string {
  return `${hex(crc32(json))} ${json}\n`;
}

/** The value of a line, as it was written: its checksum vouches for it. */
function decodeLine(line: Buffer): unknown {
  const json = line.subarray(PREFIX_LENGTH);
  if (line.toString('latin1', 0, PREFIX_LENGTH) !== `${hex(crc32(json))} `) return undefined;
  return JSON.parse(json.toString());
}
