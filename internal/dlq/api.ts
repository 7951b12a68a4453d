import { LETTER_CAUSES, type LetterCause } from '../../pkg/types/dead-letters.ts';
import { isEverything, type LetterFilter } from './letter-search.ts';
import type { Listing } from './listing.ts';
import type { Order, OrderResult } from './orders.ts';

/**
 * What the API takes at `POST /api/v1/dlq/replay` and `POST /api/v1/dlq/purge`; every key may be left out, an empty
 * body is `{}`. `all` is what a purge without any filter needs.
 */
export interface OrderRequest {
  readonly sink?: string;
  readonly cause?: LetterCause;
  /** RFC 3339. */
  readonly since?: string;
  readonly ids?: readonly string[];
  readonly limit?: number;
  readonly dry_run?: boolean;
  readonly all?: boolean;
}

/** What it answers: 200 with the counts, or 400 with `{"error": "…"}`. */
export interface OrderReply {
  readonly status: number;
  readonly body: OrderAnswer | { readonly error: string };
}

export interface OrderAnswer {
  readonly order: Order;
  readonly dry_run: boolean;
  readonly records: number;
  readonly bytes: number;
  readonly under_way: number;
}

/** What the API needs of the queue. */
export interface OrderTaker {
  carryOut(
    order: Order,
    filter: LetterFilter,
    options: { readonly isDry: boolean; readonly by: string },
  ): Promise<OrderResult>;
}

/** What `POST /api/v1/dlq/list` needs of the queue. */
export interface LetterTeller {
  list(filter: LetterFilter): Promise<Listing>;
}

export interface ListingReply {
  readonly status: number;
  readonly body: Listing | { readonly error: string };
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** Each key, whether a value is right for it, and what is expected. */
const KEYS: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  sink: [isText, "a sink's name"],
  cause: [value => LETTER_CAUSES.some(cause => cause === value), LETTER_CAUSES.join(' | ')],
  since: [value => typeof value === 'string' && !Number.isNaN(Date.parse(value)), 'a time as RFC 3339'],
  ids: [value => Array.isArray(value) && value.every(isText), 'a list of letter ids'],
  limit: [value => Number.isInteger(value) && (value as number) > 0, 'a whole number above 0'],
  dry_run: [isFlag, 'true or false'],
  all: [isFlag, 'true or false'],
};

/** Answers one request. Rejects with the system's error. */
export async function answerOrder(queue: OrderTaker, order: Order, body: string): Promise<OrderReply> {
  const request = parseRequest(body);
  if (typeof request === 'string') return refuse(request);
  const filter = filterOf(request);
  if (order === 'purge' && isEverything(filter) && request.all !== true)
    return refuse('a purge without a filter needs "all": true');
  const isDry = request.dry_run ?? false;
  const { records, bytes, underWay } = await queue.carryOut(order, filter, { isDry, by: 'api' });
  return { status: 200, body: { order, dry_run: isDry, records, bytes, under_way: underWay } };
}

/** At most so many letters are told to one request; their number in all is told as well. */
const MAX_TOLD = 20;

/** Answers `POST /api/v1/dlq/list`: the letters that the filter wants, the first of them whole. */
export async function answerListing(queue: LetterTeller, body: string): Promise<ListingReply> {
  const request = parseRequest(body);
  if (typeof request === 'string') return refuse(request);
  const { limit = MAX_TOLD } = request;
  return { status: 200, body: await queue.list({ ...filterOf(request), limit: Math.min(limit, MAX_TOLD) }) };
}

/** The request that a filter makes: what the command sends to a running agent. */
export function requestOf({ sinceMs, ...filter }: LetterFilter, isDry: boolean): OrderRequest {
  const since = sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() };
  // Whether everything is meant has been asked where the filter was made.
  return { ...(filter as Omit<OrderRequest, 'since'>), ...since, dry_run: isDry, all: true };
}

function filterOf({ sink, cause, since, ids, limit }: OrderRequest): LetterFilter {
  return { sink, cause, ids, limit, sinceMs: since === undefined ? undefined : Date.parse(since) };
}

/** The request, or what is wrong with it. */
function parseRequest(body: string): OrderRequest | string {
  const value = parseJson(body.trim() === '' ? '{}' : body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'expected a JSON object';
  for (const [key, given] of Object.entries(value)) {
    const rule = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (rule === undefined) return `${key}: unknown, expected one of ${Object.keys(KEYS).join(', ')}`;
    if (!rule[0](given)) return `${key}: expected ${rule[1]}`;
  }
  return value as OrderRequest;
}

/** What the text says, or `undefined` when it is not JSON: the caller answers both alike. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(error: string): { status: number; body: { error: string } } {
  return { status: 400, body: { error } };
}
