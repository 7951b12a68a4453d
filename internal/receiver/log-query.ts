import { errorText } from '../../pkg/errors/errors.ts';
import { unquoteGo } from '../../pkg/logql/go-string.ts';
import { compileAnywhere } from '../../pkg/logql/re2.ts';
import { parseSelector, type Selector } from '../../pkg/logql/selector.ts';

/** A LogQL query as far as the receiver knows it: a stream selector, then line filters. */
export interface LogQuery {
  readonly selector: Selector;
  matchesLine(line: Buffer): boolean;
}

type LineFilter = (line: Buffer) => boolean;

const SELECTOR = /\s*\{(?:[^"`}]|"(?:[^"\\]|\\.)*"|`[^`]*`)*\}/y;
const FILTER = /\s*(\|=|!=|\|~|!~)\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)\s*/y;

/** Parses `{a="b"} |= "text" !~ "regex"`; a text that says what is wrong with it otherwise. */
export function parseLogQuery(text: string): LogQuery | string {
  try {
    SELECTOR.lastIndex = 0;
    const selectorText = SELECTOR.exec(text)?.[0];
    if (selectorText === undefined) return unsupported(text);
    const filters = parseFilters(text, selectorText.length);
    if (typeof filters === 'string') return filters;
    return {
      selector: parseSelector(selectorText),
      matchesLine: line => filters.every(filter => filter(line)),
    };
  } catch (error) {
    return `parse error: ${errorText(error)}`;
  }
}

function parseFilters(text: string, from: number): LineFilter[] | string {
  const filters: LineFilter[] = [];
  for (let position = from; text.slice(position).trim() !== ''; position = FILTER.lastIndex) {
    FILTER.lastIndex = position;
    const [, operator, literal] = FILTER.exec(text) ?? [];
    const operand = literal === undefined ? undefined : unquoteGo(literal);
    if (operator === undefined || operand === undefined) return unsupported(text.slice(position));
    filters.push(lineFilter(operator, operand));
  }
  return filters;
}

/** Throws `SyntaxError` for a bad regular expression. */
function lineFilter(operator: string, operand: string): LineFilter {
  const isNegated = operator.startsWith('!');
  if (operator.endsWith('=')) {
    const needle = Buffer.from(operand);
    return line => line.includes(needle) !== isNegated;
  }
  const pattern = compileAnywhere(operand);
  return line => pattern.test(line, 0, line.length) !== isNegated;
}

function unsupported(rest: string): string {
  return `parse error: this receiver knows a stream selector and the filters |= != |~ !~, not: ${rest.trim()}`;
}
