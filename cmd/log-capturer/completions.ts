import { allCommands, type CommandDeclaration } from './declarations.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that teaches a shell to complete the program's command line. */
export function completionScript(shell: Shell, program: CommandDeclaration): string {
  if (shell === 'fish') return fishScript(program);
  const bash = bashScript(program);
  // Zsh runs completions of bash.
  return shell === 'bash'
    ? bash
    : `#compdef log-capturer\nautoload -U +X bashcompinit && bashcompinit\n${bash}`;
}

function bashScript(program: CommandDeclaration): string {
  const commands = allCommands(program);
  const paths = commands.flatMap(({ options }) =>
    options.filter(({ isPath }) => isPath).map(({ name }) => name),
  );
  const words = commands.map(({ path, commands, options }) => {
    const all = [...commands.map(({ path }) => path.at(-1)), ...options.map(({ name }) => name)];
    const files = takesFiles(path) ? " files='-f'" : '';
    return `    '${path.join(' ')}') words='${all.join(' ')}'${files} ;;`;
  });
  return `_log_capturer() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' words='' files='' i
  case "$previous" in
    ${[...new Set(paths)].join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
      ${commands
        .slice(1)
        .map(({ path }) => `'${path.length === 1 ? ' ' : ''}${path.join(' ')}'`)
        .join('|')})
        command="\${command:+$command }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -z $files || $current == -* ]] || COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F _log_capturer log-capturer
`;
}

/** Commands whose target may be a file. */
function takesFiles(path: readonly string[]): boolean {
  return ['explain', 'positions forget'].includes(path.join(' '));
}

function fishScript(program: CommandDeclaration): string {
  const lines = allCommands(program).flatMap(({ path, commands, options }) => {
    const names = commands.map(({ path }) => path.at(-1)).join(' ');
    const seen = path.map(name => `__fish_seen_subcommand_from ${name}`);
    const notYet = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
    const here = path.length === 0 ? '__fish_use_subcommand' : seen.join('; and ');
    const below = path.length === 0 ? here : [...seen, ...notYet].join('; and ');
    return [
      ...commands.map(each => fishLine(below, `-f -a ${each.path.at(-1)}`, each.description)),
      ...options.map(({ name, takesValue, isPath, description }) =>
        fishLine(here, `-l ${name.slice(2)}${takesValue ? ` -r${isPath ? ' -F' : ''}` : ''}`, description),
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function fishLine(condition: string, what: string, description: string): string {
  const quoted = description.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `complete -c log-capturer -n '${condition}' ${what} -d '${quoted}'`;
}
