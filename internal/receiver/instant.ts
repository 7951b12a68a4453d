import type { Instant } from '../../pkg/types/stream.ts';

/** `a` before `b` is negative, after is positive. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.sec - b.sec || a.nanos - b.nanos;
}

export function instantOfMs(ms: number): Instant {
  const sec = Math.floor(ms / 1000);
  return { sec, nanos: Math.round((ms - sec * 1000) * 1e6) };
}

/** Decimal nanoseconds since 1970, as Loki writes times in JSON. */
export function nanosText(sec: number, nanos: number): string {
  if (sec < 0) return String(BigInt(sec) * 1_000_000_000n + BigInt(nanos));
  return sec === 0 ? String(nanos) : `${sec}${String(nanos).padStart(9, '0')}`;
}

/**
 * A time of Loki's query API: whole seconds (up to ten digits) or nanoseconds since 1970, seconds with a fraction,
 * or RFC 3339 (to the millisecond). Undefined when it is none of these.
 */
export function parseInstant(text: string): Instant | undefined {
  if (/^-?\d{1,10}$/.test(text)) return { sec: Number(text), nanos: 0 };
  if (/^-?\d{11,22}$/.test(text)) return splitNanos(text);
  const ms = /^\d+\.\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  return Number.isFinite(ms) ? instantOfMs(ms) : undefined;
}

/** A decimal text of nanoseconds, exact where a number is not. */
export function splitNanos(text: string): Instant {
  const isNegative = text.startsWith('-');
  const digits = (isNegative ? text.slice(1) : text).padStart(10, '0');
  const sec = Number(digits.slice(0, -9));
  const nanos = Number(digits.slice(-9));
  if (!isNegative) return { sec, nanos };
  return nanos === 0 ? { sec: -sec, nanos: 0 } : { sec: -sec - 1, nanos: 1e9 - nanos };
}
