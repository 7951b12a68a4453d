import { DELIVERED, type FailureKind, type Outcome } from '../../../pkg/types/outcome.ts';

/** What a server answered to a push. */
export interface Answer {
  readonly status: number;
  /** The body, or as much of it as was read. */
  readonly text: string;
  readonly contentType: string;
  /** The header `Retry-After` as it came, or `''`. */
  readonly retryAfter: string;
}

/** What a row of the table concludes. */
type Verdict =
  | { readonly as: 'delivered' }
  | { readonly as: 'retry' | 'rejected' | 'split'; readonly kind: FailureKind; readonly hint?: string };

/** One kind of answer: its status is in the range, and it has the text and is an HTML page where the row says so. */
interface Row {
  readonly status: readonly [first: number, last: number];
  readonly text?: string;
  readonly isHtml?: true;
  readonly verdict: Verdict;
}

const TAKEN: Verdict = { as: 'delivered' };
const TOO_LARGE: Verdict = { as: 'split', kind: 'too_large' };
const GARBLED: Verdict = { as: 'retry', kind: 'internal', hint: 'the push was damaged on its way' };
const REJECTED: Verdict = { as: 'rejected', kind: 'rejected' };
const UNAUTHORIZED: Verdict = { as: 'retry', kind: 'unauthorized', hint: 'check auth and tenant' };
const NOT_LOKI: Verdict = { as: 'retry', kind: 'unavailable', hint: 'Loki does not answer so; check url' };

/**
 * The first row that fits decides. Records are given up only on words that are Loki's own: what a proxy or a
 * wrong URL answers is an outage, which a person ends.
 */
const TABLE: readonly Row[] = [
  {
    status: [260, 260],
    verdict: { as: 'retry', kind: 'not_stored', hint: 'Loki has blocked ingestion for this tenant' },
  },
  { status: [200, 299], isHtml: true, verdict: { ...NOT_LOKI, kind: 'not_stored' } },
  { status: [200, 299], verdict: TAKEN },
  { status: [300, 399], verdict: { ...NOT_LOKI, hint: 'redirects are not followed; check url' } },
  { status: [413, 413], verdict: TOO_LARGE },
  { status: [400, 500], text: 'received message larger than max', verdict: TOO_LARGE },
  { status: [400, 500], text: 'request body too large', verdict: TOO_LARGE },
  { status: [400, 400], isHtml: true, verdict: NOT_LOKI },
  { status: [400, 400], text: 'snappy: corrupt input', verdict: GARBLED },
  { status: [400, 400], text: 'proto: ', verdict: GARBLED },
  { status: [400, 400], verdict: REJECTED },
  { status: [401, 401], verdict: UNAUTHORIZED },
  { status: [403, 403], verdict: UNAUTHORIZED },
  { status: [407, 407], verdict: UNAUTHORIZED },
  { status: [408, 408], verdict: { as: 'retry', kind: 'timeout' } },
  { status: [422, 422], verdict: REJECTED },
  { status: [429, 429], verdict: { as: 'retry', kind: 'rate_limited' } },
  { status: [500, 599], verdict: { as: 'retry', kind: 'unavailable' } },
  { status: [0, 999], verdict: NOT_LOKI },
];

/** What `answer` means for a batch of `records`. Pure; `nowMs` is for a `Retry-After` that is a date. */
export function verdictOf(answer: Answer, records: number, nowMs: number): Outcome {
  const { verdict } = TABLE.find(row => fits(row, answer))!;
  if (verdict.as === 'delivered') return DELIVERED;
  const failure = { kind: verdict.kind, message: messageOf(answer, verdict.hint) };
  if (verdict.as === 'rejected') return refuseAll(failure.kind, failure.message, records);
  if (verdict.as === 'split') return tooLarge(failure.message, records);
  const afterMs = retryAfterMs(answer.retryAfter, nowMs);
  return afterMs === undefined ? { kind: 'retry', failure } : { kind: 'retry', failure, afterMs };
}

/** A batch is split; a record that is too large alone is refused. */
export function tooLarge(message: string, records: number): Outcome {
  if (records > 1) return { kind: 'split', failure: { kind: 'too_large', message } };
  return refuseAll('too_large', message, records);
}

function refuseAll(kind: FailureKind, message: string, count: number): Outcome {
  const records = Uint32Array.from({ length: count }, (_, record) => record);
  return { kind: 'rejected', refusals: [{ kind, message, records }] };
}

function fits(row: Row, answer: Answer): boolean {
  const [first, last] = row.status;
  if (answer.status < first || answer.status > last) return false;
  if (row.text !== undefined && !answer.text.includes(row.text)) return false;
  return row.isHtml === undefined || answer.contentType.startsWith('text/html');
}

const MAX_MESSAGE_CHARS = 512;

function messageOf(answer: Answer, hint: string | undefined): string {
  const words = shortened(answer.text);
  return `${answer.status}${hint === undefined ? '' : ` (${hint})`}${words === '' ? '' : `: ${words}`}`;
}

/** A server's words on one line, at most 512 characters, without control characters. */
export function shortened(text: string): string {
  const line = text
    .slice(0, MAX_MESSAGE_CHARS * 2)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length <= MAX_MESSAGE_CHARS ? line : `${line.slice(0, MAX_MESSAGE_CHARS - 1).toWellFormed()}…`;
}

/** However long a server asks for: nobody should wait longer than this to see it back. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/** Seconds or an HTTP date, as milliseconds from now; `undefined` when it is neither. */
function retryAfterMs(header: string, nowMs: number): number | undefined {
  const delayMs = SECONDS.test(header) ? Number(header) * 1000 : httpDateMs(header) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(0, delayMs), MAX_RETRY_AFTER_MS);
}

const SECONDS = /^\d+$/;

/** `Date.parse` reads much that is no date of HTTP: `-5` is a day in 2001 to it. */
function httpDateMs(text: string): number {
  return text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
}
