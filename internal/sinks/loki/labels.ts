import type { LabelsCOW } from '../../../pkg/types/labels-cow.ts';
import type { Stream } from '../../../pkg/types/stream.ts';

/** A stream's labels as they stand in a push, made once a stream. */
export interface LabelText {
  /** `{a="b", c="d"}`, as protobuf pushes carry it. */
  readonly selector: Buffer;
  /** `{"a":"b","c":"d"}`, as JSON pushes carry it. */
  readonly json: Buffer;
}

/** Remembers the label texts of streams for as long as the streams live. */
export class LabelTexts {
  readonly #sinkLabels: Readonly<Record<string, string>>;
  readonly #known = new WeakMap<Stream, LabelText>();

  /** `sinkLabels` are added to every stream; where a stream has a label of that name, its own value stays. */
  constructor(sinkLabels: Readonly<Record<string, string>>) {
    this.#sinkLabels = sinkLabels;
  }

  of(stream: Stream): LabelText {
    const known = this.#known.get(stream);
    if (known !== undefined) return known;
    const labels = pushLabels(stream.labels, this.#sinkLabels);
    const text = { selector: Buffer.from(selector(labels)), json: Buffer.from(jsonObject(labels)) };
    this.#known.set(stream, text);
    return text;
  }
}

type Label = readonly [name: string, value: string];

/**
 * What Loki is told, sorted by name. An empty value means to Prometheus that there is no such label, so it is
 * left out. A name that Prometheus cannot parse would make Loki refuse the whole push: it is repaired, and
 * where two names become one, the first in order of the original names stays.
 */
function pushLabels(own: LabelsCOW, added: Readonly<Record<string, string>>): readonly Label[] {
  const labels = new Map<string, string>();
  const add = (name: string, value: string): void => {
    const repaired = labelName(name);
    if (value !== '' && !labels.has(repaired)) labels.set(repaired, value.toWellFormed());
  };
  own.range(add);
  for (const [name, value] of Object.entries(added)) add(name, value);
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `name` by the rule of Prometheus, `[a-zA-Z_:][a-zA-Z0-9_:]*`: other characters become `_`. */
function labelName(name: string): string {
  const repaired = name.replace(/[^a-zA-Z0-9_:]/gu, '_');
  return /^[a-zA-Z_:]/.test(repaired) ? repaired : `_${repaired}`;
}

function selector(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}}`;
}

function jsonObject(labels: readonly Label[]): string {
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
