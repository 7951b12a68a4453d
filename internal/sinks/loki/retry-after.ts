/** However long a server asks for: nobody should wait longer than this to see it back. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

const SECONDS = /^\d+$/;

/** The header `Retry-After`, seconds or an HTTP date, as milliseconds from now; `undefined` when it is neither. */
export function retryAfterMs(header: string, nowMs: number): number | undefined {
  const delayMs = SECONDS.test(header) ? Number(header) * 1000 : httpDateMs(header) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(0, delayMs), MAX_RETRY_AFTER_MS);
}

/** `Date.parse` reads much that is no date of HTTP: `-5` is a day in 2001 to it. */
function httpDateMs(text: string): number {
  return text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
}
