/** How long to wait before a retry; `retry_*` of the config. */
export interface BackoffOptions {
  /** exponential: full jitter over a doubling ceiling. linear: `delayMs` × retry. */
  readonly kind: 'exponential' | 'linear';
  readonly delayMs: number;
  readonly maxDelayMs: number;
}

/**
 * The delay before retry number `retry` (1 is the first). Full jitter (AWS Architecture Blog, 2015): a random
 * point below the ceiling, so that agents that failed together do not come back together.
 */
export function backoffMs(
  options: BackoffOptions,
  retry: number,
  random: () => number = Math.random,
): number {
  if (options.kind === 'linear') return Math.min(options.maxDelayMs, options.delayMs * retry);
  const ceilingMs = Math.min(options.maxDelayMs, options.delayMs * 2 ** Math.min(retry - 1, 30));
  return random() * ceilingMs;
}
