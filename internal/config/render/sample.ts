import type { Block } from '../../../pkg/spec/block.ts';
import { topSpec } from '../config.ts';
import { commonSinkSpec, SINK_SPECS, SINK_TYPES } from '../sinks.ts';
import { type Entry, entriesOf } from './walk.ts';
import { yamlValue } from './yaml-value.ts';

const INTRODUCTION = `# yaml-language-server: $schema=./schema.json
#
# Every key there is, with its default or an example. Made by \`npm run docs\`; changes by hand are lost.
# Explanations begin with "# ", keys that are left out with "#": take that away to use them.
`;

/** The lists that the sample fills: without one source and one sink there is nothing to do. */
const FILLED_LISTS: readonly string[] = ['file_monitor.sources'];
const MAX_COLUMN = 110;

/** A config with every key, which passes `check` as it is. */
export function renderSample(): string {
  const lines = blockLines(topSpec, '', '').filter(line => !line.startsWith('sinks:'));
  return `${[INTRODUCTION, ...lines, 'sinks:', ...sinkLines()].join('\n')}\n`;
}

/** A sink of each type, called as its type; only the first is not commented out. */
function sinkLines(): readonly string[] {
  return SINK_TYPES.flatMap((type, index) => {
    const own = [`  ${type}:`, ...blockLines(SINK_SPECS[type] as Block, '    ', '')];
    if (index > 0) return own.map(commentedOut);
    const [typeLine = [], ...rest] = entriesOf(commonSinkSpec).map(entry => entryLines(entry, '    ', ''));
    return [own[0] ?? '', ...typeLine, ...own.slice(1), ...rest.flat()];
  });
}

function blockLines(block: Block, indent: string, path: string): readonly string[] {
  return entriesOf(block).flatMap(entry => entryLines(entry, indent, path));
}

function entryLines(entry: Entry, indent: string, path: string): readonly string[] {
  const explanation = wrapped(entry.doc, MAX_COLUMN - indent.length - 2).map(text => `${indent}# ${text}`);
  const entryPath = path === '' ? entry.key : `${path}.${entry.key}`;
  const lines = valueLines(entry, indent, entryPath);
  const isLeftOut = entry.isList && entry.block !== undefined && !FILLED_LISTS.includes(entryPath);
  const isActive = !isLeftOut && (entry.isRequired || entry.default !== undefined);
  return [...explanation, ...(isActive ? lines : lines.map(commentedOut))];
}

function valueLines(entry: Entry, indent: string, path: string): readonly string[] {
  if (entry.block === undefined)
    return [`${indent}${entry.key}: ${yamlValue(entry.example ?? entry.default ?? '')}`];
  if (!entry.isList) return [`${indent}${entry.key}:`, ...blockLines(entry.block, `${indent}  `, path)];
  return [`${indent}${entry.key}:`, ...listEntry(blockLines(entry.block, `${indent}    `, path))];
}

/** The first key of a list's entry gets the dash, with its explanation above. */
function listEntry(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex(line => !line.trimStart().startsWith('#'));
  return lines.map((line, index) => {
    if (index > first) return line;
    return index < first ? line.slice(2) : line.replace(/^( *) {2}(?! )/, '$1- ');
  });
}

/** Explanations stay as they are; keys get a `#` where they begin. */
function commentedOut(line: string): string {
  return line.replace(/^( *)(?!#| )/, '$1#');
}

/** A text in lines of at most `width` characters. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
