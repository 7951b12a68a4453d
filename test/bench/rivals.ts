import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { hasKafkaJars } from '../helpers/kafka-jars.ts';
import { writeLogFile } from '../helpers/log-lines.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { BenchResult } from './bench.ts';
import { type Usage, usageOf } from './process-usage.ts';
import { RIVALS_TOPIC, type Rival, TO_KAFKA, TO_LOKI } from './rival-agents.ts';
import { type BenchScope, withScope } from './scope.ts';

const FILE_BYTES = 500e6;
const POLL_MS = 200;
/** Lines that have not arrived after so long without any are missing. */
const QUIET_POLLS = 50;
const US = 'log-capturer';

/** Where one agent's lines go. */
interface Target {
  readonly address: string;
  /** How many lines it has so far. */
  readonly lines: () => Promise<number>;
}

/**
 * The same file by this agent and by whichever others are installed here: MB per CPU-second of each, from the start of
 * its process to the last line that has arrived.
 */
export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  await withScope(async scope => {
    const path = join(await scope.folder(), 'app.log');
    const { bytes, lines } = await writeLogFile(path, 'app', FILE_BYTES);
    for (const [where, rivals, open] of [
      ['Loki', TO_LOKI, receiver],
      ['Kafka', TO_KAFKA, broker],
    ] as const) {
      if (where === 'Kafka' && !hasKafkaJars()) process.stdout.write('NO KAFKA HERE (see .ci/run)\n');
      else
        for (const rival of rivals.filter(isHere)) {
          const { missing, cpuSeconds, peakRssMb } = await withScope(inner =>
            ship(inner, rival, path, lines, open),
          );
          const name = `${rival.command ?? US} to ${where}`;
          figures[`${name}, MB per CPU-second`] = bytes / 1e6 / cpuSeconds;
          figures[`${name}, peak RSS MB`] = peakRssMb;
          figures[`${name}, lines missing`] = missing;
        }
    }
  });
  return { name: 'rivals (500 MB, 190-byte lines)', figures };
}

async function ship(
  scope: BenchScope,
  rival: Rival,
  path: string,
  lines: number,
  open: (scope: BenchScope) => Promise<Target>,
): Promise<Usage & { readonly missing: number }> {
  const target = await open(scope);
  const { pid } = await rival.start(scope, path, target.address);
  let arrived = 0;
  for (let quiet = 0; arrived < lines && quiet < QUIET_POLLS; quiet++) {
    await sleep(POLL_MS);
    const before = arrived;
    arrived = await target.lines();
    if (arrived > before) quiet = 0;
  }
  return { ...usageOf(pid), missing: lines - arrived };
}

/** A Loki that decodes every push and counts. */
async function receiver(scope: BenchScope): Promise<Target> {
  const { url, stats } = await startReceiver(scope, { discard: 'decode', limits: 'none' });
  return { address: url, lines: async () => (await stats()).lines };
}

/** A real broker. */
async function broker(scope: BenchScope): Promise<Target> {
  const cluster = await KafkaCluster.start(scope);
  await cluster.createTopic(RIVALS_TOPIC);
  return { address: cluster.addresses()[0]!, lines: () => cluster.records(RIVALS_TOPIC) };
}

function isHere({ command }: Rival): boolean {
  if (command === undefined) return true;
  const isIn = (folder: string): boolean => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      // Not here: the next folder may have it.
      return false;
    }
  };
  const isFound = (process.env.PATH ?? '').split(delimiter).some(isIn);
  if (!isFound) process.stdout.write(`${command.toUpperCase()} IS NOT INSTALLED HERE: it is left out\n`);
  return isFound;
}
