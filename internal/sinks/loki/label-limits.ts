import type { Label } from './push-labels.ts';

/** What Loki takes of a stream's labels; 0 is no limit. */
export interface LabelLimits {
  readonly names: number;
  readonly nameBytes: number;
  readonly valueBytes: number;
}

/** Labels within the limits: what had to be cut is cut, and what is too many became metadata. */
export interface LimitedLabels {
  readonly labels: readonly Label[];
  readonly surplus: readonly Label[];
  /** What was changed, or would have to be; empty when nothing was. */
  readonly excesses: readonly Excess[];
}

export interface Excess {
  readonly what: 'label_name_cut' | 'label_value_cut' | 'labels_demoted';
  readonly words: string;
}

/** Loki adds it where it is not there, and does not count it. */
const FREE = 'service_name';

/** Brings labels (sorted by name) within the limits: the last in order are too many. */
export function limitLabels(labels: readonly Label[], limits: LabelLimits): LimitedLabels {
  const excesses: Excess[] = [];
  const kept = new Map<string, string>();
  const surplus: Label[] = [];
  let counted = 0;
  for (const [name, value] of labels) {
    const key = cut(name, limits.nameBytes);
    if (key !== name) excesses.push(tooLong('label_name_cut', 'a label name', name, limits.nameBytes));
    const text = cut(value, limits.valueBytes);
    if (text !== value)
      excesses.push(tooLong('label_value_cut', `the value of label ${key}`, value, limits.valueBytes));
    if (kept.has(key)) continue;
    if (key !== FREE && limits.names > 0 && counted >= limits.names) surplus.push([key, text]);
    else kept.set(key, text);
    if (key !== FREE) counted++;
  }
  if (surplus.length > 0) {
    const words = `a stream with ${counted} labels: max_label_names is ${limits.names}`;
    excesses.push({ what: 'labels_demoted', words });
  }
  return { labels: [...kept], surplus, excesses };
}

function tooLong(what: Excess['what'], subject: string, text: string, limit: number): Excess {
  const key = what === 'label_name_cut' ? 'max_label_name_bytes' : 'max_label_value_bytes';
  return { what, words: `${subject} has ${Buffer.byteLength(text)} bytes: ${key} is ${limit}` };
}

/** The longest beginning of `text` that has at most `maxBytes` and ends with a whole character. */
function cut(text: string, maxBytes: number): string {
  if (maxBytes === 0 || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  return bytes.toString('utf8', 0, characterEnd(bytes, 0, maxBytes));
}

/** The last end of a character of `bytes` that is not after `end`; `start` is where the text begins. */
export function characterEnd(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && (bytes[at]! & 0xc0) === 0x80) at--;
  return at;
}
