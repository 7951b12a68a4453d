import type { LabelsCOW } from '../../../pkg/types/labels-cow.ts';

export type Label = readonly [name: string, value: string];

/**
 * The labels of a stream by the rule of Prometheus, sorted by name. An empty value means to it that there is no such
 * label, so it is left out. A name that it cannot parse would make Loki refuse the whole push: it is repaired, and
 * where two names become one, the first in order of the original names stays. `added` are labels for streams that
 * have none of that name.
 */
export function pushLabels(own: LabelsCOW, added: Readonly<Record<string, string>>): readonly Label[] {
  const labels = new Map<string, string>();
  const add = (name: string, value: string): void => {
    const repaired = labelName(name);
    if (value !== '' && !labels.has(repaired)) labels.set(repaired, value.toWellFormed());
  };
  own.range(add);
  for (const [name, value] of Object.entries(added)) add(name, value);
  return sortedLabels(labels);
}

/** By code unit, as Loki and Prometheus sort names. */
export function sortedLabels(labels: Iterable<Label>): readonly Label[] {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * `name` by the rule of Loki, `[a-zA-Z_][a-zA-Z0-9_]*`: other characters become `_`. Where nothing else is left,
 * `label` is added: in metadata such a name makes Loki fail with a 500 for the whole push.
 */
export function labelName(name: string): string {
  const repaired = name.replace(/[^a-zA-Z0-9_]/gu, '_');
  if (/^_*$/.test(repaired)) return `${repaired}_label`;
  return /^[a-zA-Z_]/.test(repaired) ? repaired : `_${repaired}`;
}

/** `{a="b", c="d"}`, as protobuf pushes carry labels. */
export function selectorText(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}}`;
}

/** `{"a":"b","c":"d"}`, as JSON pushes carry labels; names need no escape. */
export function jsonText(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(',')}}`;
}

/** A string literal of Go: what Loki's parser reads. */
function quoted(value: string): string {
  return `"${value.replace(/["\\\p{Cc}]/gu, escaped)}"`;
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escaped(char: string): string {
  return SHORT_ESCAPES.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
