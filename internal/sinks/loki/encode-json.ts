import { MAX_ESCAPED_BYTES, putAscii, putDigits, putEscaped } from '../../../pkg/json-bytes/json-bytes.ts';
import type { Part } from '../../../pkg/types/batch.ts';
import { nanosOf, secondsOf } from '../record-time.ts';
import { countRecords, type Selection } from './groups.ts';

/* {"streams":[{"stream":{…},"values":[["<nanoseconds>","<line>"],…]},…]} */
const HEAD = Buffer.from('{"streams":[');
const STREAM_HEAD = Buffer.from('{"stream":');
const VALUES_HEAD = Buffer.from(',"values":[');
const VALUES_TAIL = Buffer.from(']},');
const TAIL = Buffer.from(']}');
const TIME_HEAD = Buffer.from('["');
const LINE_HEAD = Buffer.from('","');

const STREAM_FRAME_BYTES = STREAM_HEAD.length + VALUES_HEAD.length + VALUES_TAIL.length;
const TIME_DIGITS = 19;
const LINE_FRAME_BYTES = TIME_HEAD.length + TIME_DIGITS + LINE_HEAD.length;

/** Size of the buffer that `encodeJson` needs at most for lines of `lineBytes` in all. */
export function jsonScratchBytes(selection: Selection, lineBytes: number): number {
  let bytes = HEAD.length + TAIL.length + lineBytes * MAX_ESCAPED_BYTES;
  for (const group of selection) {
    const { json, jsonTail } = group.target;
    bytes += STREAM_FRAME_BYTES + json.length;
    bytes += countRecords([group]) * (LINE_FRAME_BYTES + jsonTail.length);
  }
  return bytes;
}

/**
 * Writes the push as JSON to the front of `target`; returns its size. Lines are valid UTF-8 (the monitors see to
 * that), so that only quotes, backslashes and control characters need an escape.
 */
export function encodeJson(selection: Selection, target: Buffer): number {
  let at = HEAD.copy(target);
  for (const group of selection) {
    at += STREAM_HEAD.copy(target, at);
    at += group.target.json.copy(target, at);
    at += VALUES_HEAD.copy(target, at);
    for (const part of group.parts) at = putValues(target, at, part, group.target.jsonTail);
    at = withoutComma(target, at);
    at += VALUES_TAIL.copy(target, at);
  }
  at = withoutComma(target, at);
  return at + TAIL.copy(target, at);
}

function withoutComma(target: Buffer, at: number): number {
  return target[at - 1] === 0x2c ? at - 1 : at;
}

/** `tail` ends every entry, from the quote that closes its line. */
function putValues(target: Buffer, start: number, part: Part, tail: Buffer): number {
  const { bytes, spans } = part;
  let at = start;
  for (let r = part.from; r < part.to; r++) {
    at = putAscii(target, at, TIME_HEAD);
    at = putDigits(target, at, secondsOf(part, r), 10);
    at = putDigits(target, at, nanosOf(part, r), 9);
    at = putAscii(target, at, LINE_HEAD);
    at = putEscaped(target, at, bytes, spans[2 * r]!, spans[2 * r + 1]!);
    at = putAscii(target, at, tail);
  }
  return at;
}
