import type { Block } from '../../../pkg/spec/block.ts';
import { topSpec } from '../config.ts';
import { commonSinkSpec, SINK_SPECS } from '../sinks.ts';
import { type Entry, entriesOf } from './walk.ts';
import { yamlValue } from './yaml-value.ts';

const INTRODUCTION = `# Configuration reference

Made from the declarations in the code by \`npm run docs\`; changes by hand are lost. The same with all its keys in one
file: [reference.yaml](reference.yaml); for editors: [schema.json](schema.json). \`log-capturer check --config FILE\` says
everything that is wrong with a file, each with its line and column, and starts nothing.

- **Sizes** are written \`256KiB\`, \`1MiB\`, \`64KB\` or as a number of bytes; **durations** \`250ms\`, \`5s\`, \`1m30s\`, \`7d\`.
- **Values from outside**: \`\${VAR}\`, \`\${VAR:-default}\` and \`\${file:/run/secrets/x}\` are filled in from the environment or a
  file (without its last newline). The default holds where the variable is not set or empty; without one, a missing
  variable is an error. What is filled in is a single value, whatever it holds: text where the key wants text, a number
  where it wants a number. \`$\${VAR}\` stands for the text \`\${VAR}\`.
- **Secrets** are shown as \`***\` wherever the config is shown.
- **Anchors** and merge keys (\`<<: *name\`) work; keys at the top that begin with \`x-\` are there to hold them.
`;

/** The reference page, in Markdown. */
export function renderReference(): string {
  const sections = [
    INTRODUCTION,
    ...section('Top level', '', topSpec),
    ...section('All sinks: `sinks.NAME`', 'sinks.NAME', commonSinkSpec, COMMON_SINK_NOTE),
    ...Object.entries(SINK_SPECS).flatMap(([type, spec]) =>
      section(`Sinks of type ${type}: \`sinks.NAME\``, 'sinks.NAME', spec as Block),
    ),
  ];
  return sections.join('\n');
}

const COMMON_SINK_NOTE =
  'A name has 1 to 63 letters, digits, `_`, `.` or `-`. Keys without default that `dispatcher` has too override it for this sink.';

/** A table of a block, then those of the blocks inside it. */
function section(title: string, path: string, block: Block, note?: string): readonly string[] {
  const entries = entriesOf(block);
  const table = ['| key | value | default | |', '|---|---|---|---|', ...entries.map(tableRow)].join('\n');
  const inner = entries.flatMap(entry => {
    if (entry.block === undefined) return [];
    const innerPath = `${path === '' ? '' : `${path}.`}${entry.key}${entry.isList ? '[]' : ''}`;
    return section(`\`${innerPath}\``, innerPath, entry.block, entry.doc);
  });
  return [`## ${title}\n`, ...(note === undefined ? [] : [`${note}\n`]), `${table}\n`, ...inner];
}

function tableRow(entry: Entry): string {
  const value = `${valueText(entry)}${entry.isSecret ? ' (never shown)' : ''}`;
  return `| \`${entry.key}\` | ${cell(value)} | ${defaultText(entry)} | ${cell(entry.doc)} |`;
}

function valueText({ block, expects, isList }: Entry): string {
  if (block === undefined) return expects;
  return isList ? 'a list, see below' : 'see below';
}

function defaultText(entry: Entry): string {
  if (entry.isRequired) return '**required**';
  if (entry.default === undefined || (entry.block !== undefined && !entry.isList)) return '';
  return `\`${cell(yamlValue(entry.default))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
