import type { Failure, FailureKind } from '../../../pkg/types/outcome.ts';
import { shortened } from '../words.ts';
import { retryAfterMs } from './retry-after.ts';

/** What a server answered to a push. */
export interface Answer {
  readonly status: number;
  /** The body, or as much of it as was read. */
  readonly text: string;
  /** Whether the body was longer than that. */
  readonly isCut: boolean;
  readonly contentType: string;
  /** The header `Retry-After` as it came, or `''`. */
  readonly retryAfter: string;
}

/** What an answer means for a push. Only `stored` and what is left over by `refused` is safe with Loki. */
export type Verdict =
  | { readonly as: 'stored' }
  /** Nothing was stored, for no fault of the records: all of it waits. */
  | { readonly as: 'failed'; readonly failure: Failure; readonly afterMs?: number }
  /** Nothing was stored: it is too much at once. */
  | { readonly as: 'too_large'; readonly failure: Failure }
  /** Nothing was stored: the tenant sends more than so many bytes a second. */
  | { readonly as: 'over_rate'; readonly failure: Failure; readonly bytesPerSecond: number }
  /** Streams are kept out: the new ones, or those of a policy. The others are stored. */
  | { readonly as: 'over_streams'; readonly failure: Failure }
  /** Nothing was stored: the labels or the metadata of a stream cannot be understood. */
  | { readonly as: 'bad_labels'; readonly failure: Failure }
  /** Some records are refused for good, the others are stored; `text` says which (`complaints.ts`). */
  | { readonly as: 'refused'; readonly failure: Failure; readonly text: string; readonly isCut: boolean };

export const STORED: Verdict = { as: 'stored' };

/** One kind of answer: its status is in the range, and it has the text and is an HTML page where the row says so. */
interface Row {
  readonly status: readonly [first: number, last: number];
  readonly text?: RegExp;
  readonly isHtml?: true;
  readonly as: Verdict['as'];
  readonly kind?: FailureKind;
  readonly hint?: string;
}

const NOT_LOKI = { as: 'failed', kind: 'unavailable', hint: 'Loki does not answer so; check url' } as const;
const UNAUTHORIZED = { as: 'failed', kind: 'unauthorized', hint: 'check auth and tenant' } as const;
const GARBLED = { as: 'failed', kind: 'internal', hint: 'the push was damaged on its way' } as const;
const BLOCKED = { as: 'failed', kind: 'not_stored', hint: 'Loki has blocked ingestion' } as const;
const TOO_LARGE = { as: 'too_large', kind: 'too_large' } as const;
const BAD_LABELS = { as: 'bad_labels', kind: 'rejected' } as const;
const REFUSED = { as: 'refused', kind: 'rejected' } as const;

/**
 * The first row that fits decides. Records are given up only on words that are Loki's own: what a proxy or a
 * wrong URL answers is an outage, which a person ends. Older Lokis begin some sentences with a capital.
 */
const TABLE: readonly Row[] = [
  {
    ...{ status: [200, 599], text: /^ingestion blocked for user '.*' \(policy: '/i },
    ...{ as: 'over_streams', kind: 'not_stored' },
  },
  { status: [260, 260], ...BLOCKED },
  { status: [200, 299], isHtml: true, ...NOT_LOKI, kind: 'not_stored' },
  { status: [200, 299], as: 'stored' },
  { status: [300, 399], ...NOT_LOKI, hint: 'redirects are not followed; check url' },
  { status: [413, 413], text: /: stream labels size /, ...BAD_LABELS },
  { status: [413, 413], ...TOO_LARGE },
  { status: [400, 500], text: /received message larger than max|request body too large/, ...TOO_LARGE },
  {
    status: [400, 400],
    text: /^(decompressed message size too large|compressed message size) /,
    ...TOO_LARGE,
  },
  { status: [400, 499], text: /^ingestion blocked for user/i, ...BLOCKED },
  { status: [400, 400], isHtml: true, ...NOT_LOKI },
  { status: [400, 400], text: /^\s*$/, ...NOT_LOKI },
  { status: [400, 400], text: /^(tenant ID |multiple org IDs )/, ...UNAUTHORIZED },
  { status: [400, 400], text: /^(snappy: |proto: |gzip: |flate: |unexpected EOF|loghttp\.)/, ...GARBLED },
  { status: [400, 400], text: /^couldn't parse labels/i, ...BAD_LABELS },
  { status: [400, 400], ...REFUSED },
  { status: [401, 401], ...UNAUTHORIZED },
  { status: [403, 403], ...UNAUTHORIZED },
  { status: [407, 407], ...UNAUTHORIZED },
  { status: [408, 408], as: 'failed', kind: 'timeout' },
  { status: [422, 422], ...REFUSED },
  { status: [429, 429], text: /^entry with timestamp /, ...REFUSED, kind: 'rate_limited' },
  { status: [429, 429], text: /active stream limit exceeded/i, as: 'over_streams', kind: 'rate_limited' },
  {
    status: [429, 429],
    text: /ingestion rate limit exceeded .*\(limit: \d+ /i,
    as: 'over_rate',
    kind: 'rate_limited',
  },
  { status: [429, 429], as: 'failed', kind: 'rate_limited' },
  // Metadata: nothing else of a push has names that are looked at so late.
  { status: [500, 500], text: /^(label name is empty|normalization for label name )/, ...BAD_LABELS },
  { status: [500, 599], as: 'failed', kind: 'unavailable' },
  { status: [0, 999], ...NOT_LOKI },
];

/** What `answer` means. Pure; `nowMs` is for a `Retry-After` that is a date. */
export function verdictOf(answer: Answer, nowMs: number): Verdict {
  const { as, kind = 'internal', hint } = TABLE.find(row => fits(row, answer))!;
  if (as === 'stored') return STORED;
  const failure = { kind, message: messageOf(answer, hint) };
  const afterMs = retryAfterMs(answer.retryAfter, nowMs);
  if (as === 'refused') return { as, failure, text: answer.text, isCut: answer.isCut };
  if (as === 'over_rate' && afterMs === undefined)
    return { as, failure, bytesPerSecond: Number(/limit: (\d+) /.exec(answer.text)![1]) };
  if (as === 'failed' || as === 'over_rate')
    return { as: 'failed', failure, ...(afterMs === undefined ? {} : { afterMs }) };
  return { as, failure };
}

function fits(row: Row, answer: Answer): boolean {
  const [first, last] = row.status;
  if (answer.status < first || answer.status > last) return false;
  if (row.text !== undefined && !row.text.test(answer.text)) return false;
  return row.isHtml === undefined || answer.contentType.startsWith('text/html');
}

function messageOf(answer: Answer, hint: string | undefined): string {
  const words = shortened(answer.text);
  return `${answer.status}${hint === undefined ? '' : ` (${hint})`}${words === '' ? '' : `: ${words}`}`;
}
