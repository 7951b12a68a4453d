/** `2026-11-21T11:35:45.054985884Z `: what the engine puts before every message, a space behind it. */
const FIXED_BYTES = 31;
/** The longest form that others write: less digits, an offset of hours and minutes. */
export const MAX_TIMESTAMP_BYTES = 40;

const ZERO = 48;
const OTHER_FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) /;

/** Reads the times of messages without making an object for each: the last one read is in `sec` and `nanos`. */
export class Timestamp {
  /** Seconds since 1970. */
  sec = 0;
  nanos = 0;

  /** Reads the timestamp at `from`; returns where the text behind it begins, or -1 where none can be read. */
  read(bytes: Buffer, from: number, to: number): number {
    if (to - from < FIXED_BYTES || bytes[from + 29] !== 0x5a || bytes[from + 30] !== 0x20) {
      return this.#readOther(bytes, from, to);
    }
    const year = two(bytes, from) * 100 + two(bytes, from + 2);
    const month = two(bytes, from + 5);
    const day = two(bytes, from + 8);
    const time = two(bytes, from + 11) * 3600 + two(bytes, from + 14) * 60 + two(bytes, from + 17);
    let nanos = 0;
    for (let at = from + 20; at < from + 29; at++) nanos = nanos * 10 + digit(bytes, at);
    const sec = daysSince1970(year, month, day) * 86_400 + time;
    // Anything that is no digit made one of them NaN.
    if (!(sec >= 0) || !(nanos >= 0) || month < 1 || month > 12) return -1;
    this.sec = sec;
    this.nanos = nanos;
    return from + FIXED_BYTES;
  }

  #readOther(bytes: Buffer, from: number, to: number): number {
    const text = bytes.toString('latin1', from, Math.min(to, from + MAX_TIMESTAMP_BYTES));
    const [whole, moment, fraction = '', zone] = OTHER_FORM.exec(text) ?? [];
    const ms = Date.parse(`${moment}${zone}`);
    if (whole === undefined || !(ms >= 0)) return -1;
    this.sec = ms / 1000;
    this.nanos = Number(fraction.padEnd(9, '0'));
    return from + whole.length;
  }
}

function digit(bytes: Buffer, at: number): number {
  const value = bytes[at]! - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function two(bytes: Buffer, at: number): number {
  return digit(bytes, at) * 10 + digit(bytes, at + 1);
}

/** Howard Hinnant's `days_from_civil`: the Gregorian calendar without a `Date`. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
