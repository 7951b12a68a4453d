import { type Command, InvalidArgumentError } from 'commander';
import type { LetterFilter, ListedLetter, Listing, Order } from '../../../internal/app/dlq-command.ts';
import { LcError } from '../../../pkg/errors/errors.ts';
import { LETTER_CAUSES, type LetterCause } from '../../../pkg/types/dead-letters.ts';
import { parseDurationMs } from '../../../pkg/units/units.ts';
import type { ProgramCommand } from '../command.ts';
import { progressBar } from '../progress.ts';
import { printable, table } from '../table.ts';

interface Flags {
  readonly config?: string;
  readonly stateDir?: string;
  readonly sink?: string;
  readonly cause?: LetterCause;
  readonly since?: number;
  readonly limit?: number;
  readonly json?: true;
  readonly dryRun?: true;
  readonly all?: true;
}

/** So much of a line is shown in a table. */
const SHOWN_CHARS = 80;

/** `dlq`: what could not be delivered, and what is to become of it. */
export const dlqCommand: ProgramCommand = {
  register(program) {
    const dlq = program.command('dlq').description('look at dead letters, send them again, or remove them');
    reading(dlq, 'list', 'count and list letters; also beside a running agent').action(list);
    reading(dlq, 'show', 'print letters whole; also beside a running agent').action(show);
    ordering(dlq, 'replay', 'send letters again, also those that were rejected').action(
      (ids: string[], flags: Flags) => order('replay', ids, flags),
    );
    ordering(dlq, 'purge', 'remove letters for good')
      .option('--all', 'every letter there is: needed where nothing else says which')
      .action((ids: string[], flags: Flags) => order('purge', ids, flags));
  },
};

function filtered(dlq: Command, name: string, description: string): Command {
  return dlq
    .command(name)
    .description(description)
    .argument('[id...]', 'single letters, as `list` names them')
    .option('--config <file>', 'the config of the agent')
    .option('--sink <name>', 'letters of this sink')
    .option('--cause <cause>', `letters of this cause: ${LETTER_CAUSES.join(', ')}`, parseCause)
    .option('--since <time>', 'put aside since then: RFC 3339, or so long ago (90m, 2h, 7d)', parseSince)
    .option('--limit <number>', 'so many at most, oldest first, sink by sink', parseLimit)
    .option('--json', 'print JSON for programs');
}

function reading(dlq: Command, name: string, description: string): Command {
  return filtered(dlq, name, description).option('--state-dir <directory>', 'the state directory itself');
}

function ordering(dlq: Command, name: string, description: string): Command {
  return filtered(dlq, name, description).option('--dry-run', 'only say what would be done');
}

async function list(ids: string[], flags: Flags): Promise<void> {
  const listing = await read(ids, flags);
  if (listing === undefined) return;
  const { groups, letters } = listing;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(listing, null, 2)}\n`);
    return;
  }
  const counts = groups.map(({ sink, cause, records, bytes }) => [
    sink,
    cause,
    String(records),
    sizeText(bytes),
  ]);
  process.stdout.write(table(['SINK', 'CAUSE', 'LETTERS', 'SIZE'], counts));
  const total = groups.reduce((sum, { records }) => sum + records, 0);
  process.stdout.write(`\n${letters.length} of ${total} letters\n`);
  process.stdout.write(table(['ID', 'PUT ASIDE', 'CAUSE', 'REASON', 'LINE'], letters.map(rowOf)));
}

/** One letter a line for programs, as it is on the disk. */
async function show(ids: string[], flags: Flags): Promise<void> {
  const listing = await read(ids, flags);
  for (const letter of listing?.letters ?? []) {
    if (flags.json) process.stdout.write(`${JSON.stringify(letter)}\n`);
    else process.stdout.write(`${Object.entries(letter).map(showField).join('\n')}\n\n`);
  }
}

async function order(what: Order, ids: string[], flags: Flags): Promise<void> {
  const { isEverything, orderDeadLetters } = await import('../../../internal/app/dlq-command.ts');
  const filter = filterOf(ids, flags);
  if (what === 'purge' && isEverything(filter) && !flags.all && !flags.dryRun)
    throw new LcError('LC_USAGE', { message: 'say which letters to purge, or --all' });
  if (flags.config === undefined) throw new LcError('LC_USAGE', { message: 'give --config FILE' });
  const { readConfig } = await import('../read-config.ts');
  const config = readConfig(flags.config);
  if (config === undefined) return;
  const answer = await orderDeadLetters(config, what, filter, flags.dryRun ?? false);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const verb = flags.dryRun ? `would ${what}` : { replay: 'will send again', purge: 'purged' }[what];
  const when = what === 'replay' && !answer.agent ? ', when the agent runs' : '';
  process.stdout.write(`${verb} ${answer.records} letters (${sizeText(answer.bytes)})${when}\n`);
  if (answer.under_way > 0) process.stdout.write(`${answer.under_way} more are being sent just now\n`);
}

/** `undefined` when the config is bad, which has been said then. */
async function read(ids: string[], flags: Flags): Promise<Listing | undefined> {
  const stateDir = flags.stateDir ?? (await configuredStateDir(flags.config));
  if (stateDir === undefined) return undefined;
  const { listDeadLetters } = await import('../../../internal/app/dlq-command.ts');
  const bar = progressBar(process.stderr, 'reading');
  try {
    return await listDeadLetters(stateDir, filterOf(ids, flags), bar.show);
  } finally {
    bar.end();
  }
}

async function configuredStateDir(file: string | undefined): Promise<string | undefined> {
  if (file === undefined)
    throw new LcError('LC_USAGE', { message: 'give --config FILE or --state-dir DIRECTORY' });
  const { readConfig } = await import('../read-config.ts');
  return readConfig(file)?.stateDir;
}

function filterOf(ids: readonly string[], { sink, cause, since, limit }: Flags): LetterFilter {
  return { sink, cause, sinceMs: since, limit, ids: ids.length === 0 ? undefined : ids };
}

function rowOf({ id, last, cause, kind, reason, line }: ListedLetter): string[] {
  const shown = line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS - 1)}…` : line;
  return [id, last, cause, (reason ?? kind ?? '').slice(0, SHOWN_CHARS), shown];
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function showField([name, value]: [string, unknown]): string {
  return `${name.padEnd(9)} ${printable(typeof value === 'string' ? value : JSON.stringify(value))}`;
}

function parseCause(text: string): LetterCause {
  const cause = LETTER_CAUSES.find(each => each === text);
  if (cause === undefined) throw new InvalidArgumentError(`expected ${LETTER_CAUSES.join(', ')}`);
  return cause;
}

function parseSince(text: string): number {
  const agoMs = parseDurationMs(text);
  const sinceMs = agoMs === undefined ? Date.parse(text) : Date.now() - agoMs;
  if (Number.isNaN(sinceMs)) throw new InvalidArgumentError('expected 2026-11-21T08:00:00Z, or 90m, 2h, 7d');
  return sinceMs;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return limit;
}
