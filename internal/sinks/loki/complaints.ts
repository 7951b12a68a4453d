import { unquoteGo } from '../../../pkg/logql/go-string.ts';
import type { Instant } from '../../../pkg/types/stream.ts';

/** What a complaint says of the entries that it means. */
export type Rule =
  /** All entries of the stream, because of its labels. */
  | { readonly is: 'labels' }
  /** All entries of the stream, because of the metadata that each of them has. */
  | { readonly is: 'metadata' }
  | { readonly is: 'line_bytes'; readonly bytes: number }
  /** Entries of this second; of those only the oldest, or the newest, where not all are meant. */
  | { readonly is: 'too_old' | 'too_new'; readonly sec: number }
  /**
   * The entries listed, and others up to `total`: too far behind the newest, or above the rate of the stream, which is
   * `rateLimit` bytes a second where Loki says so.
   */
  | {
      readonly is: 'listed';
      readonly entries: readonly ListedEntry[];
      readonly total: number;
      readonly rateLimit: number | undefined;
    };

export interface ListedEntry {
  readonly at: Instant;
  readonly words: string;
  /** Refused because of the stream's rate: may be sent again. */
  readonly isRate: boolean;
}

/** One thing that Loki says is wrong with entries of one stream. */
export interface Complaint {
  readonly labels: ReadonlyMap<string, string>;
  readonly rule: Rule;
  /** How many entries it means, where Loki says so. */
  readonly count: number | undefined;
  /** Loki's own words. */
  readonly words: string;
}

/** A text of Loki, as far as it was understood. `isWhole`: there is nothing wrong but what the complaints say. */
export interface Reading {
  readonly complaints: readonly Complaint[];
  readonly isWhole: boolean;
}

const LABELS = String.raw`(?<labels>\{(?:[a-zA-Z_:][\w:]*="(?:[^"\\]|\\.)*"(?:, )?)*\})`;
const TIME = String.raw`\d+-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)`;

type Groups = Readonly<Record<string, string>>;

/** Sentences of Loki's distributor, without the count in front, and the rule that each of them names. */
const SENTENCES: readonly (readonly [pattern: RegExp, rule: (groups: Groups) => Rule])[] = [
  [
    sentence(
      `max entry size '\\d+' bytes exceeded for stream '${LABELS}' while adding an entry with length '(?<bytes>\\d+)' bytes`,
    ),
    ({ bytes }) => ({ is: 'line_bytes', bytes: Number(bytes) }),
  ],
  [
    sentence(
      `entry for stream '${LABELS}' has timestamp too old: (?<time>${TIME}), oldest acceptable timestamp is: ${TIME}`,
    ),
    ({ time }) => ({ is: 'too_old', sec: secOf(time) }),
  ],
  [
    sentence(`entry for stream '${LABELS}' has timestamp too new: (?<time>${TIME})`),
    ({ time }) => ({ is: 'too_new', sec: secOf(time) }),
  ],
  [sentence(`entry for stream '${LABELS}' has \\d+ label names; limit \\d+`), () => ({ is: 'labels' })],
  [sentence(`stream '${LABELS}' has label value too long: '`), () => ({ is: 'labels' })],
  [
    sentence(`stream '${LABELS}' has (label name too long|duplicate label name): '[\\w:]*'`),
    () => ({ is: 'labels' }),
  ],
  [
    sentence(`stream '${LABELS}' (has|includes) [^;'\\n]*structured metadata[^;\\n]*`),
    () => ({ is: 'metadata' }),
  ],
  [
    sentence(`missing required labels [^;{\\n]* for stream '?${LABELS}'?(?: \\(policy: '[^'\\n]*'\\))?`),
    () => ({ is: 'labels' }),
  ],
  [sentence('error at least one label pair is required per stream'), () => ({ is: 'labels' })],
];

/** Reads the text of a 400, 422 or 429 that refuses some entries of a push. */
export function readComplaints(text: string): Reading {
  const listed = readListed(text);
  // Its ingester tells of one stream only, and what the distributor found wrong is not said then.
  if (listed !== undefined) return { complaints: [listed], isWhole: false };
  const complaints: Complaint[] = [];
  let isWhole = true;
  for (let at = 0; at < text.length && text[at] !== '\n'; ) {
    const complaint = readSentence(text, at);
    if (complaint === undefined) {
      isWhole = false;
      at = nextSentence(text, at);
    } else {
      complaints.push(complaint.complaint);
      at = complaint.end;
      if (text.startsWith('; ', at)) at += 2;
    }
  }
  return { complaints, isWhole };
}

const COUNT = /(\d+) errors like: /y;
const NEXT = /; (?=\d+ errors like: )/g;

function readSentence(text: string, at: number): { complaint: Complaint; end: number } | undefined {
  COUNT.lastIndex = at;
  const count = COUNT.exec(text);
  const start = count === null ? at : COUNT.lastIndex;
  for (const [pattern, ruleOf] of SENTENCES) {
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    const labels = match === null ? undefined : labelsOf(match.groups?.labels ?? '{}');
    if (labels === undefined) continue;
    const end = match![0].endsWith(": '") ? endOfValue(text, pattern.lastIndex, labels) : pattern.lastIndex;
    return {
      complaint: {
        labels,
        rule: ruleOf(match!.groups ?? {}),
        count: count === null ? undefined : Number(count[1]),
        words: text.slice(start, end),
      },
      end,
    };
  }
  return undefined;
}

function nextSentence(text: string, at: number): number {
  NEXT.lastIndex = at;
  return NEXT.test(text) ? NEXT.lastIndex : text.length;
}

/** A value stands there as it is, quotes and all: only the labels tell where it ends. */
function endOfValue(text: string, at: number, labels: ReadonlyMap<string, string>): number {
  const value = [...labels.values()].find(candidate => text.startsWith(`${candidate}'`, at));
  return at + (value === undefined ? 0 : value.length + 1);
}

const LISTED = /entry with timestamp (\S+ \S+) \S+ \S+ ignored, reason: '(.*)',\n/y;
const SUMMARY = new RegExp(`user '.*', total ignored: (?<total>\\d+) out of \\d+ for stream: ${LABELS}`, 'y');

/** The list of its ingester: some entries, and how many there are in all. */
function readListed(text: string): Complaint | undefined {
  const entries: ListedEntry[] = [];
  let at = 0;
  for (;;) {
    LISTED.lastIndex = at;
    const match = LISTED.exec(text);
    if (match === null) break;
    at = LISTED.lastIndex;
    const [whole, time, words] = match;
    const instant = goInstant(time!);
    const isRate = /rate limit exceeded/i.test(words!);
    if (instant !== undefined) entries.push({ at: instant, words: whole.trimEnd(), isRate });
  }
  SUMMARY.lastIndex = at;
  const groups = SUMMARY.exec(text)?.groups;
  const labels = groups === undefined ? undefined : labelsOf(groups.labels!);
  const [first] = entries;
  if (labels === undefined || first === undefined) return undefined;
  const total = Number(groups!.total);
  return {
    labels,
    rule: { is: 'listed', entries, total, rateLimit: rateLimitOf(text) },
    count: total,
    words: first.words,
  };
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];
const RATE = /rate limit exceeded \(limit: (\d+)([KMGTPE]?)B\/sec\)/i;

/** The limit of a stream's rate that a text names: `3MB/sec`. */
function rateLimitOf(text: string): number | undefined {
  const [, count, unit] = RATE.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * 1024 ** UNITS.indexOf(unit!);
}

const LABEL = /([a-zA-Z_:][\w:]*)=("(?:[^"\\]|\\.)*")(?:, )?/gy;

/** The labels of a stream as Loki writes them. */
function labelsOf(text: string): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const [, name, literal] of text.slice(1, -1).matchAll(LABEL)) {
    const value = unquoteGo(literal!);
    if (value === undefined) return undefined;
    labels.set(name!, value);
  }
  return labels;
}

const GO_TIME = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?$/;

/** A time as Go prints it, `2026-11-21 04:24:32.373`, in UTC. */
function goInstant(text: string): Instant | undefined {
  const [, date, time, fraction = ''] = GO_TIME.exec(text) ?? [];
  const sec = secOf(`${date}T${time}Z`);
  return Number.isNaN(sec) ? undefined : { sec, nanos: Number(fraction.padEnd(9, '0')) };
}

function secOf(rfc3339 = ''): number {
  return Math.floor(Date.parse(rfc3339) / 1000);
}

/** Older Lokis begin with a capital. */
function sentence(pattern: string): RegExp {
  return new RegExp(pattern, 'iy');
}
