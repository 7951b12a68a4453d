import { nanosOf, secondsOf } from '../record-time.ts';
import type { Complaint, Rule } from './complaints.ts';
import type { Group, NumberedPart, Selection } from './groups.ts';
import type { Label } from './push-labels.ts';

/** The records that a complaint means. */
export interface Culprits {
  /** Refused for good, by their numbers in the batch. */
  readonly refused: readonly number[];
  /** Above the rate of their stream: to be sent again later. */
  readonly waiting: readonly number[];
  /** Whether these are all that the complaint means, and no others. */
  readonly areAll: boolean;
}

const NOBODY: Culprits = { refused: [], waiting: [], areAll: false };

/** Labels that Loki adds to a stream, or uses to divide it. */
const ADDED = new Set(['service_name', '__stream_shard__']);

/** Finds the streams that Loki names among those of one push. */
export class Suspects {
  readonly #byLabels = new Map<string, Group[]>();
  readonly #byOwnLabels = new Map<string, Group[]>();

  constructor(selection: Selection) {
    for (const group of selection) {
      append(this.#byLabels, keyOf(group.target.labels), group);
      append(this.#byOwnLabels, keyOf(withoutAdded(group.target.labels)), group);
    }
  }

  /** Which records a complaint means, by the rule that it names. */
  culpritsOf(complaint: Complaint): Culprits {
    const labels = [...complaint.labels];
    const groups = this.#byLabels.get(keyOf(labels)) ?? this.#byOwnLabels.get(keyOf(withoutAdded(labels)));
    return groups === undefined ? NOBODY : culprits(complaint, groups);
  }
}

function append(map: Map<string, Group[]>, key: string, group: Group): void {
  const groups = map.get(key);
  if (groups === undefined) map.set(key, [group]);
  else groups.push(group);
}

function keyOf(labels: readonly Label[]): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted);
}

function withoutAdded(labels: readonly Label[]): readonly Label[] {
  return labels.filter(([name]) => !ADDED.has(name));
}

function culprits({ rule, count }: Complaint, groups: readonly Group[]): Culprits {
  if (rule.is === 'listed') return listedOf(rule, groups);
  if (rule.is === 'labels') return refusing(numbersWhere(groups, () => true));
  if (rule.is === 'metadata') return metadataOf(groups, count ?? 1);
  if (rule.is === 'line_bytes') {
    const refused = numbersWhere(groups, ({ spans }, r) => spans[2 * r + 1]! - spans[2 * r]! === rule.bytes);
    return refusing(refused, count);
  }
  const { sec, is } = rule;
  const candidates = numbersWhere(groups, (part, r) => secondsOf(part, r) === sec);
  const meant = count ?? candidates.length;
  if (candidates.length <= meant) return refusing(candidates, count);
  // The limit lies within this second: what is on the far side of it is meant.
  const times = timesOf(groups);
  candidates.sort((a, b) => times.get(a)! - times.get(b)!);
  return refusing(is === 'too_old' ? candidates.slice(0, meant) : candidates.slice(-meant), count);
}

function refusing(refused: readonly number[], count?: number): Culprits {
  return { refused, waiting: [], areAll: refused.length > 0 && refused.length >= (count ?? 0) };
}

/** Streams of ours that Loki sees as one have metadata of their own each: where it is not those of all, nobody is known. */
function metadataOf(groups: readonly Group[], meant: number): Culprits {
  const candidates = groups.filter(({ target }) => target.metadata.length > 0);
  const refused = numbersWhere(candidates, () => true);
  return refused.length === meant ? refusing(refused, meant) : NOBODY;
}

/** Entries that are listed are known by their times; of more than are listed nothing is known but their number. */
function listedOf({ entries, total }: Extract<Rule, { is: 'listed' }>, groups: readonly Group[]): Culprits {
  const listed = new Map(entries.map(({ at, isRate }) => [`${at.sec}.${at.nanos}`, isRate]));
  const isListed = (part: NumberedPart, r: number): boolean | undefined =>
    listed.get(`${secondsOf(part, r)}.${nanosOf(part, r)}`);
  const refused = numbersWhere(groups, (part, r) => isListed(part, r) === false);
  if (!entries.some(({ isRate }) => isRate)) return { refused, waiting: [], areAll: refused.length >= total };
  const waiting = numbersWhere(groups, (part, r) => isListed(part, r) !== false);
  return { refused, waiting, areAll: true };
}

function numbersWhere(
  groups: readonly Group[],
  isMeant: (part: NumberedPart, r: number) => boolean,
): number[] {
  const numbers: number[] = [];
  for (const { parts } of groups)
    for (const part of parts)
      for (let r = part.from; r < part.to; r++)
        if (isMeant(part, r)) numbers.push(part.first + r - part.from);
  return numbers;
}

/** Nanoseconds within their second, by number. */
function timesOf(groups: readonly Group[]): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  for (const { parts } of groups)
    for (const part of parts)
      for (let r = part.from; r < part.to; r++) times.set(part.first + r - part.from, nanosOf(part, r));
  return times;
}
