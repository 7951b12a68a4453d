import { allCommands, type CommandDeclaration, type OptionDeclaration } from './declarations.ts';

const EXIT_CODES = [
  ['0', 'done; for run: stopped, and everything that was read is delivered'],
  ['1', 'a failure'],
  ['2', 'a bad config, or a command line that was not understood'],
  ['3', 'run: the drain deadline passed, or a second signal came; what is left is sent at the next start'],
] as const;

const SIGNALS = [
  ['SIGTERM, SIGINT', 'stop reading, send what was read, and end; a second one ends at once'],
  ['SIGHUP', 'read the config again: only what differs is exchanged; a bad config changes nothing'],
] as const;

/** The manual page log-capturer(1), in the macros of man(7). */
export function manPage(program: CommandDeclaration, version: string): string {
  return [
    `.TH LOG-CAPTURER 1 "" "log-capturer ${escaped(version)}" "User Commands"`,
    `.SH NAME\nlog-capturer \\- ${escaped(lowerFirst(program.description))}`,
    `.SH SYNOPSIS\n${allCommands(program)
      .filter(({ commands }) => commands.length === 0)
      .map(synopsis)
      .join('\n.br\n')}`,
    `.SH DESCRIPTION\nReads log lines from files and containers and delivers them to every sink of its config. A position is only\nmoved when every sink has the line, or the disk has it as a dead letter: a restart, a crash or an outage loses nothing.`,
    ...program.commands.map(commandSection),
    list('EXIT STATUS', EXIT_CODES),
    list('SIGNALS', SIGNALS),
    `.SH ENVIRONMENT\n.TP\nNOTIFY_SOCKET, WATCHDOG_USEC\nSet by systemd: it is told when the agent is ready, reloads and stops, and pinged while it makes progress.`,
    '',
  ].join('\n');
}

function commandSection(command: CommandDeclaration): string {
  const parts = allCommands(command).map(({ path, description, options, ...rest }) => {
    const head = `.SS ${escaped(['log-capturer', ...path, ...rest.arguments].join(' '))}\n${escaped(description)}`;
    return [head, ...options.map(optionItem)].join('\n');
  });
  return `.SH ${escaped(command.path.join(' ').toUpperCase())}\n${parts.join('\n')}`;
}

function synopsis({ path, options, ...rest }: CommandDeclaration): string {
  const shown = options.filter(({ name }) => name === '--config').map(({ flags }) => flags);
  return `.B log-capturer ${escaped(path.join(' '))}\n${escaped([...shown, ...rest.arguments].join(' '))}`.trimEnd();
}

function optionItem({ flags, description }: OptionDeclaration): string {
  return `.TP\n.B ${escaped(flags)}\n${escaped(description)}`;
}

function list(title: string, rows: readonly (readonly [string, string])[]): string {
  return [`.SH ${title}`, ...rows.map(([name, text]) => `.TP\n.B ${escaped(name)}\n${escaped(text)}`)].join(
    '\n',
  );
}

/** Text as roff prints it: nothing in it is a request or an escape. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/gm, '\\&$1');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
