import { unquoteGo } from '../../pkg/logql/go-string.ts';

/** A label's name and value. */
export type LabelPair = readonly [name: string, value: string];

/** A stream's labels as Loki keeps them, and as it writes them. */
export interface StreamLabels {
  readonly labels: readonly LabelPair[];
  readonly text: string;
}

/** Where Loki looks for a service's name, in this order, when a stream has no `service_name`. */
const SERVICE_LABELS = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
];

/** Labels parsed from a push, sorted by name, without empty values; or what Prometheus' parser says of them. */
export type ParsedLabels =
  | { readonly ok: true; readonly labels: readonly LabelPair[] }
  | { readonly ok: false; readonly error: string };

const SPACE = /\s*/y;
/** As a client must write them; that metrics may have colons in their names does not help labels. */
const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;

/** Parses `{name="value", …}` as Prometheus does. */
export function parseLabels(text: string): ParsedLabels {
  let position = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };
  const takeChar = (char: string): boolean => {
    take(SPACE);
    if (text[position] !== char) return false;
    position++;
    return true;
  };
  const unexpected = (): ParsedLabels => ({
    ok: false,
    error: `1:${position + 1}: parse error: ${unexpectedText(text[position])}`,
  });

  const labels: LabelPair[] = [];
  if (!takeChar('{')) return unexpected();
  while (!takeChar('}')) {
    if (labels.length > 0 && !takeChar(',')) return unexpected();
    if (labels.length > 0 && takeChar('}')) break;
    take(SPACE);
    const name = take(NAME);
    if (name === undefined || !takeChar('=')) return unexpected();
    take(SPACE);
    const literal = take(STRING);
    const value = literal === undefined ? undefined : unquoteGo(literal);
    if (value === undefined) return unexpected();
    labels.push([name, value]);
  }
  take(SPACE);
  if (position < text.length) return unexpected();
  return { ok: true, labels: sortLabels(labels.filter(([, value]) => value !== '')) };
}

function unexpectedText(char: string | undefined): string {
  return char === undefined
    ? 'unexpected end of input inside braces'
    : `unexpected character inside braces: '${char}'`;
}

/** What Loki makes of the labels that were sent: `service_name` is added where it is not there. */
export function lokiLabels(sent: readonly LabelPair[]): StreamLabels {
  const labels = withServiceName(sent);
  return { labels, text: formatLabels(labels) };
}

function withServiceName(labels: readonly LabelPair[]): readonly LabelPair[] {
  const lookUp = (name: string): string | undefined => labels.find(([other]) => other === name)?.[1];
  if (lookUp('service_name') !== undefined) return labels;
  const service = SERVICE_LABELS.map(lookUp).find(value => value !== undefined) ?? 'unknown_service';
  return sortLabels([...labels, ['service_name', service]]);
}

function sortLabels(labels: LabelPair[]): LabelPair[] {
  return labels.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** `{name="value", …}` as Loki writes it, quoted as Go does. */
export function formatLabels(labels: readonly LabelPair[]): string {
  return `{${labels.map(([name, value]) => `${name}=${quote(value)}`).join(', ')}}`;
}

/** Labels as JSON has them; the prototype is none, for a label may be called `__proto__`. */
export function asObject(labels: readonly LabelPair[]): Record<string, string> {
  const object: Record<string, string> = Object.create(null);
  for (const [name, value] of labels) object[name] = value;
  return object;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Go's `strconv.Quote`: what it does not take for printable is escaped, of spaces all but one. */
function quote(value: string): string {
  const escaped = value.replace(
    /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu,
    char => SHORT_ESCAPES[char] ?? hexEscape(char),
  );
  return `"${escaped}"`;
}

function hexEscape(char: string): string {
  const code = char.codePointAt(0)!;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
