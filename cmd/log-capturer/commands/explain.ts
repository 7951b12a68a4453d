import type { ExplainAnswer } from '../../../internal/app/explain-command.ts';
import type { ProgramCommand } from '../command.ts';
import { facts, printable } from '../table.ts';

interface Flags {
  readonly config: string;
  readonly json?: true;
}

type Running = Extract<ExplainAnswer, { agent: true }>;
type Offline = Extract<ExplainAnswer, { agent: false }>;

/** `explain`: why a path or a container is read or not, and how far its lines have come. */
export const explainCommand: ProgramCommand = {
  register(program) {
    program
      .command('explain')
      .description('say whether a path or container is read, by which rule, and how far its lines have come')
      .argument('<target>', 'a path, or the name or id of a container')
      .requiredOption('--config <file>', 'the config of the agent, which may run or not')
      .option('--json', 'print JSON for programs')
      .action(async (target: string, { config: file, json }: Flags) => {
        const { readConfig } = await import('../read-config.ts');
        const config = readConfig(file);
        if (config === undefined) return;
        const { explainTarget } = await import('../../../internal/app/explain-command.ts');
        const answer = await explainTarget(config, target);
        process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : textOf(answer));
      });
  },
};

function textOf(answer: ExplainAnswer): string {
  const blocks = answer.agent ? runningBlocks(answer) : offlineBlocks(answer);
  const head = `${printable(answer.target)} (${answer.agent ? 'the agent runs' : 'no agent runs'})\n`;
  return `${head}${blocks.length === 0 ? '  nothing is known of it\n' : blocks.join('\n')}`;
}

function runningBlocks({ files, containers }: Running): string[] {
  return [
    ...files.map(({ source, isMatched, rule, file, streams }) =>
      facts(`source ${source}`, [
        ['matched', `${isMatched ? 'yes' : 'no'}: ${rule}`],
        ['identity', file?.identity],
        ['read', file && `${file.offset} of ${file.sizeBytes} bytes, ${file.lagBytes} behind`],
        ['delivered', file && `${file.settledOffset} bytes to every sink`],
        ['waits for', file?.waitsFor],
        ['last error', file?.failure],
        ...streams.flatMap(streamFacts),
      ]),
    ),
    ...containers.map(({ source, id, name, image, decision, follower, streams }) =>
      facts(`engine ${source}`, [
        ['container', `${name} ${id.slice(0, 12)} (${image})`],
        ['matched', `${decision.isRead ? 'yes' : 'no'}: ${decision.rule}`],
        ['state', follower?.state],
        ['position', follower && JSON.stringify(follower.position)],
        ['waits for', follower?.waitsFor],
        ['last error', follower?.failure],
        ...(follower === undefined ? [] : streams.flatMap(streamFacts)),
      ]),
    ),
  ];
}

function streamFacts({ labels, sinks }: Running['files'][number]['streams'][number]): [string, string][] {
  const text = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const told = sinks.map(({ sink, wanted, last_delivery }): [string, string] => [
    `sink ${sink}`,
    wanted ? `last delivery ${last_delivery ?? 'not since the start'}` : 'not wanted: its match says no',
  ]);
  return [['labels', `{${text.join(', ')}}`], ...told];
}

function offlineBlocks({ files, remembered, size_bytes }: Offline): string[] {
  return [
    ...files.map(({ source, isMatched, rule }) =>
      facts(`source ${source}`, [['matched', `${isMatched ? 'yes' : 'no'}: ${rule}`]]),
    ),
    ...remembered.map(({ kind, position, pending, key }) =>
      facts(`remembered ${kind}`, [
        ['key', key],
        ['position', JSON.stringify(position)],
        ['size', size_bytes === null ? undefined : `${size_bytes} bytes`],
        [
          'under way',
          `${pending.reduce((sum, { records }) => sum + records, 0)} records, which are sent again`,
        ],
      ]),
    ),
  ];
}
