import { nanosOf, secondsOf } from '../record-time.ts';
import { putVarint, varintBytes } from '../varint.ts';
import type { NumberedPart, Selection } from './groups.ts';

/*
 * PushRequest { repeated Stream streams = 1 }
 * Stream      { string labels = 1; repeated Entry entries = 2 }
 * Entry       { Timestamp timestamp = 1; string line = 2; repeated LabelPair structuredMetadata = 3 }
 * Timestamp   { int64 seconds = 1; int32 nanos = 2 }
 */
const STREAM_TAG = 0x0a;
const LABELS_TAG = 0x0a;
const ENTRY_TAG = 0x12;
const TIMESTAMP_TAG = 0x0a;
const LINE_TAG = 0x12;
const SECONDS_TAG = 0x08;
const NANOS_TAG = 0x10;

/** Two tags, two numbers of five bytes (`putWideVarint`). */
const TIMESTAMP_BYTES = 12;
/** Tag, size, timestamp. */
const ENTRY_TIME_BYTES = 2 + TIMESTAMP_BYTES;

/** Lines are moved from a window of this size within the target: see `putEntries`. */
const WINDOW_BYTES = 32 * 1024;

/** A stream message whose size is known. */
interface Message {
  readonly labels: Buffer;
  /** The fields that end every entry. */
  readonly metadata: Buffer;
  readonly parts: readonly NumberedPart[];
  readonly bytes: number;
}

/** A push before it is written: protobuf says the size of a message in front of it. */
export interface PushLayout {
  readonly messages: readonly Message[];
  /** Size of the push, not compressed: what Loki's limit of 4 MiB counts. */
  readonly bytes: number;
  /** Size of the buffer that `encodePush` needs. */
  readonly scratchBytes: number;
  /** Bytes of all lines. */
  readonly lineBytes: number;
  /** Bytes of the metadata of all entries. */
  readonly metadataBytes: number;
  readonly longestLineBytes: number;
}

/** Measures a push. Pure; one pass over the spans. */
export function layOutPush(selection: Selection): PushLayout {
  const sums = { entryBytes: 0, lineBytes: 0, metadataBytes: 0, longestLineBytes: 0 };
  let bytes = 0;
  const messages = selection.map(({ target, parts }): Message => {
    const { selector, metadata } = target;
    sums.entryBytes = 0;
    for (const part of parts) measure(part, metadata.length, sums);
    const messageBytes = fieldBytes(selector.length) + sums.entryBytes;
    bytes += fieldBytes(messageBytes);
    return { labels: selector, metadata, parts, bytes: messageBytes };
  });
  const { lineBytes, metadataBytes, longestLineBytes } = sums;
  return { messages, bytes, scratchBytes: bytes + WINDOW_BYTES, lineBytes, metadataBytes, longestLineBytes };
}

/**
 * Writes the push to the front of `target`, which has at least `layout.scratchBytes`; returns its size. The
 * batch is only read, and nothing keeps a view of it.
 */
export function encodePush(layout: PushLayout, target: Buffer): number {
  let at = 0;
  for (const { labels, metadata, parts, bytes } of layout.messages) {
    target[at++] = STREAM_TAG;
    at = putVarint(target, at, bytes);
    target[at++] = LABELS_TAG;
    at = putVarint(target, at, labels.length);
    at += labels.copy(target, at);
    for (const part of parts) at = putEntries(target, at, part, metadata);
  }
  return at;
}

interface Sums {
  entryBytes: number;
  lineBytes: number;
  metadataBytes: number;
  longestLineBytes: number;
}

/** Adds a part whose entries have `metadataBytes` each to the sums. */
function measure({ spans, from, to }: NumberedPart, metadataBytes: number, sums: Sums): void {
  let { entryBytes, lineBytes, longestLineBytes } = sums;
  const fixedBytes = ENTRY_TIME_BYTES + metadataBytes;
  for (let r = from; r < to; r++) {
    const bytes = spans[2 * r + 1]! - spans[2 * r]!;
    entryBytes += fieldBytes(fixedBytes + fieldBytes(bytes));
    lineBytes += bytes;
    if (bytes > longestLineBytes) longestLineBytes = bytes;
  }
  sums.entryBytes = entryBytes;
  sums.lineBytes = lineBytes;
  sums.metadataBytes += metadataBytes * (to - from);
  sums.longestLineBytes = longestLineBytes;
}

/**
 * Writes the entries of a part. `Buffer.copy` costs 40 ns a call whatever the size, `copyWithin` 20 ns: so a
 * window of the part's bytes is copied behind the push, and lines are moved from there.
 */
function putEntries(target: Buffer, start: number, part: NumberedPart, metadata: Buffer): number {
  const { bytes, spans } = part;
  const metadataBytes = metadata.length;
  const windowAt = target.length - WINDOW_BYTES;
  const lastEnd = spans[2 * part.to - 1]!;
  let windowFrom = 0;
  let windowTo = 0;
  let at = start;
  for (let r = part.from; r < part.to; r++) {
    const from = spans[2 * r]!;
    const end = spans[2 * r + 1]!;
    at = putEntryHead(target, at, secondsOf(part, r), nanosOf(part, r), end - from, metadataBytes);
    if (end - from > WINDOW_BYTES) bytes.copy(target, at, from, end);
    else {
      if (end > windowTo || from < windowFrom) {
        windowFrom = from;
        windowTo = Math.max(end, Math.min(from + WINDOW_BYTES, lastEnd));
        bytes.copy(target, windowAt, from, windowTo);
      }
      const shift = windowAt - windowFrom;
      target.copyWithin(at, from + shift, end + shift);
    }
    at += end - from;
    if (metadataBytes > 0) at += metadata.copy(target, at);
  }
  return at;
}

/** All of an entry up to its line's first byte. */
function putEntryHead(
  target: Buffer,
  start: number,
  sec: number,
  nanos: number,
  lineBytes: number,
  metadataBytes: number,
): number {
  target[start] = ENTRY_TAG;
  const at = putVarint(target, start + 1, ENTRY_TIME_BYTES + fieldBytes(lineBytes) + metadataBytes);
  target[at] = TIMESTAMP_TAG;
  target[at + 1] = TIMESTAMP_BYTES;
  target[at + 2] = SECONDS_TAG;
  putWideVarint(target, at + 3, sec);
  target[at + 8] = NANOS_TAG;
  putWideVarint(target, at + 9, nanos);
  target[at + 14] = LINE_TAG;
  return putVarint(target, at + 15, lineBytes);
}

/** Size of a field with `bytes` of content: tag, length, content. */
function fieldBytes(bytes: number): number {
  return 1 + varintBytes(bytes) + bytes;
}

/**
 * Always five bytes, which every reader of protobuf takes: with times of one size, the size of an entry depends
 * on its line alone, and its head is written without a branch.
 */
function putWideVarint(target: Buffer, at: number, value: number): void {
  target[at] = value | 0x80;
  target[at + 1] = (value >>> 7) | 0x80;
  target[at + 2] = (value >>> 14) | 0x80;
  target[at + 3] = (value >>> 21) | 0x80;
  target[at + 4] = value >>> 28;
}
