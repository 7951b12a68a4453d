import { type LabelPair, parseLabels, unquote } from './labels.ts';

/** A LogQL query as far as the receiver knows it: a stream selector and line filters. */
export interface LogQuery {
  matchesLabels(labels: readonly LabelPair[]): boolean;
  matchesLine(line: Buffer): boolean;
}

const SELECTOR = /\s*\{(?:[^"`}]|"(?:[^"\\]|\\.)*"|`[^`]*`)*\}/y;
const FILTER = /\s*(\|=|!=|\|~|!~)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)/y;

type LineFilter = (line: Buffer) => boolean;

/** Parses `{a="b"} |= "text" !~ "regex"`; a text that says what is wrong with it otherwise. */
export function parseLogQuery(text: string): LogQuery | string {
  SELECTOR.lastIndex = 0;
  const selectorText = SELECTOR.exec(text)?.[0];
  if (selectorText === undefined) return unsupported(text);
  const wanted = parseLabels(selectorText);
  if (!wanted.ok) return wanted.error;
  const filters: LineFilter[] = [];
  let position = selectorText.length;
  while (text.slice(position).trim() !== '') {
    FILTER.lastIndex = position;
    const found = FILTER.exec(text);
    if (found === null) return unsupported(text.slice(position));
    const filter = lineFilter(found[1]!, unquote(found[2]!));
    if (typeof filter === 'string') return filter;
    filters.push(filter);
    position = FILTER.lastIndex;
  }
  return {
    matchesLabels: labels =>
      wanted.labels.every(([n, v]) => labels.some(([name, value]) => n === name && v === value)),
    matchesLine: line => filters.every(filter => filter(line)),
  };
}

/** One filter as a function, or why it cannot be had. */
function lineFilter(operator: string, operand: string): LineFilter | string {
  const isNegated = operator.startsWith('!');
  if (operator.endsWith('=')) {
    const needle = Buffer.from(operand);
    return line => line.includes(needle) !== isNegated;
  }
  try {
    const pattern = new RegExp(operand.replace(/^\(\?i\)/, ''), operand.startsWith('(?i)') ? 'i' : '');
    return line => pattern.test(line.toString('utf8')) !== isNegated;
  } catch {
    return `parse error: invalid regular expression: ${operand}`;
  }
}

function unsupported(rest: string): string {
  return `parse error: this receiver knows a stream selector and the filters |= != |~ !~, not: ${rest.trim()}`;
}
