/**
 * Errors with a stable code, a cause, and a sentence that says what to do.
 *
 * Expected failures on the data's way are an `Outcome` (pkg/types/outcome.ts), not an error. What is
 * thrown is a broken invariant, bad usage, or a failure nobody at that place can act on.
 */

import { inspect } from 'node:util';

/** Every code that exists. Codes are never renamed: users search for them. */
export const ERROR_CODES = [
  'LC_CONFIG_INVALID',
  'LC_CONFIG_UNREADABLE',
  'LC_QUEUE_FULL',
  'LC_QUEUE_CLOSED',
  'LC_QUEUE_CONSUMER_UNKNOWN',
  'LC_QUEUE_SEQUENCE',
  'LC_QUEUE_CONFIG',
  'LC_POOL_FULL',
  'LC_POOL_CLOSED',
  'LC_POOL_DEADLINE',
  'LC_STATE_CORRUPT',
  'LC_STATE_LOCKED',
  'LC_STATE_UNREADABLE',
  'LC_STATE_UNWRITABLE',
  'LC_STATE_VERSION',
  'LC_FILE_UNREADABLE',
  'LC_FILE_WATCH',
  'LC_DOCKER_REFUSED',
  'LC_DOCKER_TOO_OLD',
  'LC_DOCKER_UNREACHABLE',
  'LC_LENDING',
  'LC_INVARIANT',
  'LC_SINK_START',
  'LC_SINK_TARGET',
  'LC_SERVER_LISTEN',
  'LC_SERVER_REQUEST',
  'LC_USAGE',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an error is made of: what went wrong, what to do about it, and what caused it. */
export interface ErrorParts {
  readonly message: string;
  /** One sentence for the person who reads the log: what to do now. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** The only error class that this project throws on purpose. */
export class LcError extends Error {
  override readonly name = 'LcError';
  readonly code: ErrorCode;
  readonly advice: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.advice = parts.advice;
  }
}

/** Throws `LC_INVARIANT` when a condition that the design promises does not hold: a crash is safe by I1. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new LcError('LC_INVARIANT', { message, advice: 'This is a bug: please report it.' });
}

/** The `code` of a Node.js system error (`ENOENT`, `ECONNREFUSED` …), or `''`. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}

/** A short text for a log line, whatever was thrown. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : inspect(error, { depth: 0, customInspect: false });
}
