import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FaultRequest } from '../../internal/receiver/faults.ts';
import { startAgent, type TestAgent } from './agent.ts';
import { MAIN } from './process.ts';
import { startReceiver, type TestReceiver } from './receiver.ts';
import { scopeOf } from './scope.ts';
import { until } from './until.ts';

/** A dead letter, as `dlq show` prints it. */
export interface Letter {
  readonly line: string;
  readonly reason: string;
  readonly cause: string;
}

/** An agent that ships to Loki, and Loki. */
export interface LokiRun {
  readonly agent: TestAgent;
  readonly receiver: TestReceiver;
  metric(name: string, labels: string): Promise<number>;
  /** Resolves when the sink is done with every line. */
  settled(lines: number): Promise<void>;
  letters(): readonly Letter[];
}

/** What is shipped, and how Loki takes it. */
export interface LokiRunSetup {
  readonly faults?: FaultRequest;
  /** Files by name, and their lines. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Sources, each with its files; default: one for all of them. */
  readonly sources?: readonly (Readonly<Record<string, unknown>> & { readonly files: readonly string[] })[];
  /** Keys of the sink. */
  readonly sink?: object;
  /** More keys of the dispatcher. */
  readonly dispatcher?: object;
}

/** An agent that ships files to a receiver with faults. */
export async function runToLoki(
  t: TestContext,
  { faults = {}, files, sources, sink = {}, dispatcher = {} }: LokiRunSetup,
): Promise<LokiRun> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope, { faults: true });
  await receiver.faults(faults);
  for (const [name, lines] of Object.entries(files)) writeFileSync(join(dir, name), `${lines.join('\n')}\n`);
  const config = {
    file_monitor: {
      sources: (sources ?? [{ name: 'app', files: ['*.log'], labels: { job: 'e2e' } }]).map(
        ({ files: names, ...source }) => ({ ...source, paths: names.map(name => join(dir, name)) }),
      ),
    },
    dispatcher: {
      ...{ batch_timeout: '20ms', retry_delay: '20ms', retry_max_delay: '100ms', max_retries: 1000 },
      ...dispatcher,
    },
    sinks: { loki: { url: receiver.url, timeout: '1s', ...sink } },
  };
  const agent = await startAgent(scope, { config, dir });
  const metric = async (name: string, labels: string): Promise<number> =>
    (await agent.metrics()).get(`log_capturer_${name}{sink="loki",${labels}}`) ?? 0;
  const isSettled = (metrics: ReadonlyMap<string, number>): number =>
    ['delivered', 'stored', 'discarded']
      .map(outcome => metrics.get(`log_capturer_logs_settled_total{sink="loki",outcome="${outcome}"}`) ?? 0)
      .reduce((sum, records) => sum + records);
  return {
    ...{ agent, receiver, metric },
    async settled(lines) {
      await until(
        () => agent.metrics(),
        metrics => isSettled(metrics) === lines,
      );
      await agent.assertBalanced();
    },
    letters: () => dlqShow(dir),
  };
}

function dlqShow(dir: string): readonly Letter[] {
  const args = ['dlq', 'show', '--state-dir', join(dir, 'state'), '--limit', '100000', '--json'];
  const lines = execFileSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  }).split('\n');
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as Letter);
}
