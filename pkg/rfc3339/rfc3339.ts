/** In a date and time of RFC 3339: `2026-11-21T10:00:00`, then perhaps a fraction, then `Z` or an offset. */
const WHOLE_SECONDS_LENGTH = 19;
const MINUTE_LENGTH = 17;
const MAX_SEC = 0xffff_ffff;
const NANO_DIGITS = 9;

const [ZERO, DASH, COLON, DOT, PLUS] = [0x30, 0x2d, 0x3a, 0x2e, 0x2b];
const [LETTER_T, LETTER_Z] = [0x54, 0x5a];

/**
 * Reads times as RFC 3339 writes them (section 5.6), from bytes to two numbers, so that a time a line costs neither a
 * string nor an object. What was read last stands in `sec` and `nanos`.
 *
 *     if (times.read(bytes, from, to)) use(times.sec, times.nanos);
 */
export class Rfc3339Reader {
  /** Whole seconds since 1970, less than 2³². */
  sec = 0;
  /** Nanoseconds within the second; digits beyond the ninth are left out. */
  nanos = 0;
  /** The minute that was read last, as it was written: lines of a log have it in common. */
  readonly #minute = new Uint8Array(MINUTE_LENGTH);
  #minuteSec = 0;

  /** Whether `bytes[from … to)` is a time since 1970; only then `sec` and `nanos` change. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from <= WHOLE_SECONDS_LENGTH) return false;
    if (!this.#isSameMinute(bytes, from) && !this.#readMinute(bytes, from)) return false;
    const seconds = twoDigits(bytes, from + MINUTE_LENGTH);
    if (seconds > 59) return false;
    let at = from + WHOLE_SECONDS_LENGTH;
    let nanos = 0;
    if (bytes[at] === DOT) {
      const end = endOfDigits(bytes, ++at, to);
      if (end === at) return false;
      nanos = nanosOf(bytes, at, end);
      at = end;
    }
    const sec = this.#minuteSec + seconds - offsetSec(bytes, at, to);
    if (!(sec >= 0 && sec <= MAX_SEC)) return false;
    this.sec = sec;
    this.nanos = nanos;
    return true;
  }

  #isSameMinute(bytes: Uint8Array, from: number): boolean {
    const minute = this.#minute;
    // What differs most often stands at the end.
    for (let i = MINUTE_LENGTH - 1; i >= 0; i--) if (bytes[from + i] !== minute[i]) return false;
    return true;
  }

  #readMinute(bytes: Uint8Array, from: number): boolean {
    const dateSec = secOfDate(bytes, from);
    const hours = twoDigits(bytes, from + 11);
    const minutes = twoDigits(bytes, from + 14);
    if (!hasMarks(bytes, from) || dateSec === undefined || hours > 23 || minutes > 59) return false;
    this.#minute.set(bytes.subarray(from, from + MINUTE_LENGTH));
    this.#minuteSec = dateSec + hours * 3600 + minutes * 60;
    return true;
  }
}

function hasMarks(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 4] === DASH &&
    bytes[at + 7] === DASH &&
    bytes[at + 10] === LETTER_T &&
    bytes[at + 13] === COLON &&
    bytes[at + 16] === COLON
  );
}

/** Seconds from 1970 to the midnight with which the day begins; `undefined` where it is none. */
function secOfDate(bytes: Uint8Array, at: number): number | undefined {
  const century = twoDigits(bytes, at);
  const year = twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  if (century > 99 || year > 99 || month > 99 || day > 99) return undefined;
  const midnight = new Date(Date.UTC(century * 100 + year, month - 1, day));
  const isDate = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  return isDate ? midnight.getTime() / 1000 : undefined;
}

/** Two digits as a number; more than 99 where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100;
}

function endOfDigits(bytes: Uint8Array, from: number, to: number): number {
  let end = from;
  while (end < to && bytes[end]! >= ZERO && bytes[end]! <= ZERO + 9) end++;
  return end;
}

function nanosOf(bytes: Uint8Array, from: number, to: number): number {
  let nanos = 0;
  for (let i = 0; i < NANO_DIGITS; i++) nanos = nanos * 10 + (from + i < to ? bytes[from + i]! - ZERO : 0);
  return nanos;
}

/** How far the time is ahead of UTC; NaN where that is not what the rest of it says. */
function offsetSec(bytes: Uint8Array, at: number, to: number): number {
  const sign = bytes[at];
  if (sign === LETTER_Z) return to - at === 1 ? 0 : Number.NaN;
  const [hours, minutes] = [twoDigits(bytes, at + 1), twoDigits(bytes, at + 4)];
  const isOffset = to - at === 6 && bytes[at + 3] === COLON && hours <= 23 && minutes <= 59;
  if (!isOffset || (sign !== PLUS && sign !== DASH)) return Number.NaN;
  return (hours * 3600 + minutes * 60) * (sign === PLUS ? 1 : -1);
}
