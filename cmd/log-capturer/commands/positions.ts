import type { Command } from 'commander';
import type { RememberedTrack } from '../../../internal/app/positions-command.ts';
import { LcError } from '../../../pkg/errors/errors.ts';
import type { ProgramCommand } from '../command.ts';
import { printable, table } from '../table.ts';

interface Flags {
  readonly config?: string;
  readonly stateDir?: string;
  readonly json?: true;
}

/** `positions`: what the agent remembers of its sources, and how to make it forget. */
export const positionsCommand: ProgramCommand = {
  register(program) {
    const positions = program
      .command('positions')
      .description('show or forget how far the sources have been delivered');
    withFlags(
      positions.command('list').description('show what is remembered; also beside a running agent'),
    ).action(list);
    withFlags(
      positions
        .command('forget')
        .description('forget sources, so that they are read as at first sight; the agent must be stopped')
        .argument('<name...>', 'paths, container names or keys, as `list` shows them'),
    ).action(forget);
  },
};

function withFlags(command: Command): Command {
  return command
    .option('--config <file>', 'the config whose state_dir is meant')
    .option('--state-dir <directory>', 'the state directory itself')
    .option('--json', 'print JSON for programs');
}

async function list(flags: Flags): Promise<void> {
  const stateDir = await stateDirOf(flags);
  if (stateDir === undefined) return;
  const { listPositions } = await import('../../../internal/app/positions-command.ts');
  const { tracks, agentPid, damages } = await listPositions(stateDir);
  for (const damage of damages) process.stderr.write(`log-capturer: ${printable(damage)}\n`);
  if (flags.json) printJson({ stateDir, agentPid: agentPid ?? null, tracks });
  else process.stdout.write(table(['KIND', 'NAME', 'POSITION', 'UNDER WAY', 'KEY'], tracks.map(rowOf)));
}

async function forget(names: readonly string[], flags: Flags): Promise<void> {
  const stateDir = await stateDirOf(flags);
  if (stateDir === undefined) return;
  const { forgetInStateDir } = await import('../../../internal/app/positions-command.ts');
  const forgotten = await forgetInStateDir(stateDir, names);
  if (flags.json) printJson({ stateDir, forgotten });
  else for (const { kind, name } of forgotten) process.stdout.write(`forgot ${kind} ${printable(name)}\n`);
}

/** `undefined` when the config is bad, which has been said then. */
async function stateDirOf({ config: file, stateDir }: Flags): Promise<string | undefined> {
  if (stateDir !== undefined) return stateDir;
  if (file === undefined)
    throw new LcError('LC_USAGE', { message: 'give --config FILE or --state-dir DIRECTORY' });
  const { readConfig } = await import('../read-config.ts');
  return readConfig(file)?.stateDir;
}

function rowOf({ kind, name, key, position, pending }: RememberedTrack): string[] {
  const records = pending.reduce((sum, passage) => sum + passage.records, 0);
  return [kind, name, placeOf(position), `${records} lines`, key];
}

/** The offset of a file; of anything else all that is known. */
function placeOf(position: RememberedTrack['position']): string {
  if (position !== null && typeof position === 'object' && 'offset' in position)
    return String(position.offset);
  return JSON.stringify(position);
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
