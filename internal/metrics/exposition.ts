/** One sample of a scrape. */
export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const COMMENT = /^# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* \S.*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,|$)/y;

/**
 * Reads the Prometheus text format, strictly: throws a `SyntaxError` with the number of the first line that is not
 * well-formed. For tests and tools that judge an agent by its `/metrics` alone.
 */
export function parseExposition(text: string): ScrapedSample[] {
  if (!text.endsWith('\n')) throw new SyntaxError('the text does not end in a newline');
  const samples: ScrapedSample[] = [];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line === '' || COMMENT.test(line)) continue;
    const sample = parseSample(line);
    if (sample === undefined) throw new SyntaxError(`line ${index + 1} is not a sample: ${line}`);
    samples.push(sample);
  }
  return samples;
}

function parseSample(line: string): ScrapedSample | undefined {
  const [, name, labelText = '', number = ''] = SAMPLE.exec(line) ?? [];
  const labels = parseLabels(labelText);
  const value = parseNumber(number);
  if (name === undefined || labels === undefined || value === undefined) return undefined;
  return { name, labels, value };
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let end = 0; end < text.length; end = LABEL.lastIndex) {
    const match = LABEL.exec(text);
    if (match === null || match[1]! in labels) return undefined;
    labels[match[1]!] = match[2]!.replace(/\\([\\n"])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function parseNumber(text: string): number | undefined {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
