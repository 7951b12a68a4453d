import { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import {
  CRC_BYTES,
  causeAt,
  LABELS_END,
  LABELS_HEAD,
  LINE_HEAD,
  TIME_BYTES,
  TIME_HEAD,
} from './letter-format.ts';

/** What letters of one part have in common. */
export interface Kin {
  readonly labels: LabelsCOW;
  readonly source: string;
  /** Number in `LETTER_CAUSES`. */
  readonly cause: number;
}

interface KnownKin extends Kin {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/**
 * Takes letters apart without parsing them: a letter that has head and tail of the one before, as most have, is only
 * compared with it.
 */
export class LetterReader {
  #kin: KnownKin | undefined;
  /** Where the line of the letter read last is, still escaped, and its time. */
  lineFrom = 0;
  lineTo = 0;
  timeAt = 0;

  /** Reads the letter `bytes[from … to)`, whose checksum was right. The same object for letters that are akin. */
  read(bytes: Buffer, from: number, to: number): Kin {
    const tailTo = to - CRC_BYTES;
    this.lineFrom = from + LINE_HEAD.length;
    if (this.#kin === undefined || !this.#isAkin(bytes, tailTo, this.#kin))
      this.#kin = parse(bytes, from, to);
    const { head, tail } = this.#kin;
    this.timeAt = tailTo - tail.length - TIME_BYTES;
    this.lineTo = this.timeAt - head.length;
    return this.#kin;
  }

  #isAkin(bytes: Buffer, tailTo: number, { head, tail }: KnownKin): boolean {
    const tailAt = tailTo - tail.length;
    const headAt = tailAt - TIME_BYTES - head.length;
    return (
      headAt >= this.lineFrom &&
      tail.compare(bytes, tailAt, tailTo) === 0 &&
      head.compare(bytes, headAt, headAt + head.length) === 0
    );
  }
}

/** Whole seconds since 1970 of a letter's time. */
export function secondsAt(bytes: Buffer, at: number): number {
  const year = digits(bytes, at, 4);
  const month = digits(bytes, at + 5, 2);
  const day = digits(bytes, at + 8, 2);
  const seconds =
    digits(bytes, at + 11, 2) * 3600 + digits(bytes, at + 14, 2) * 60 + digits(bytes, at + 17, 2);
  return daysSince1970(year, month, day) * 86_400 + seconds;
}

/** The nanoseconds within that second. */
export function nanosAt(bytes: Buffer, at: number): number {
  return digits(bytes, at + 20, 9);
}

/** By the proleptic Gregorian calendar: years are counted from March, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 10 + bytes[i]! - 0x30;
  return value;
}

function parse(bytes: Buffer, from: number, to: number): KnownKin {
  const headAt = bytes.indexOf(LABELS_HEAD, from + LINE_HEAD.length);
  const timeAt = bytes.indexOf(LABELS_END, headAt) + LABELS_END.length;
  const tailAt = timeAt + TIME_BYTES;
  const tailTo = to - CRC_BYTES;
  const labels = bytes.toString('utf8', headAt + LABELS_HEAD.length, timeAt - TIME_HEAD.length);
  const rest = JSON.parse(`{${bytes.toString('utf8', tailAt + 2, tailTo)}}`) as { source: string };
  return {
    labels: LabelsCOW.from(JSON.parse(labels) as Record<string, string>),
    source: rest.source,
    cause: causeAt(bytes, from, to),
    head: Buffer.from(bytes.subarray(headAt, timeAt)),
    tail: Buffer.from(bytes.subarray(tailAt, tailTo)),
  };
}
