import type { Command } from 'commander';

/** One option of a command, as it is declared. */
export interface OptionDeclaration {
  /** `--config`. */
  readonly name: string;
  /** `--config <file>`. */
  readonly flags: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Whether its value is a path. */
  readonly isPath: boolean;
}

/** One command, as it is declared: what completions and the man page are made of. */
export interface CommandDeclaration {
  /** From the program down: `['dlq', 'list']`. */
  readonly path: readonly string[];
  readonly description: string;
  /** `<target>`, `[id...]`. */
  readonly arguments: readonly string[];
  readonly options: readonly OptionDeclaration[];
  readonly commands: readonly CommandDeclaration[];
}

const PATHS = /<(file|directory)>/;

/** The program and all commands below it that are not hidden. */
export function declarationOf(command: Command, path: readonly string[] = []): CommandDeclaration {
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    arguments: command.registeredArguments.map(argument => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? `<${name}>` : `[${name}]`;
    }),
    options: help.visibleOptions(command).map(({ long, short, flags, description, required, optional }) => ({
      name: long ?? short ?? '',
      ...{ flags, description },
      takesValue: required || optional,
      isPath: PATHS.test(flags),
    })),
    commands: help
      .visibleCommands(command)
      .filter(each => each.name() !== 'help')
      .map(each => declarationOf(each, [...path, each.name()])),
  };
}

/** A command and all below it. */
export function allCommands(declaration: CommandDeclaration): CommandDeclaration[] {
  return [declaration, ...declaration.commands.flatMap(allCommands)];
}
