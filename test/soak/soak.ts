import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from '../helpers/agent.ts';
import { linesOf } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import type { Scope } from '../helpers/scope.ts';
import { startWriter } from '../helpers/steady-writer.ts';
import { type Costs, type CycleReport, costsOf, cycleReport } from './costs.ts';
import { type Sample, sample } from './samples.ts';
import { cycleOf, firstConfig, type Stage } from './schedule.ts';
import type { SinkVerdict, SoakSink } from './sink.ts';

const LOGS = 4;
const STEP_MS = 5000;
/** How long the sinks may take for what is left in the end, on a busy machine. */
const CATCH_UP_MS = 180_000;
const POLL_MS = 500;

export interface SoakOptions {
  readonly minutes: number;
  readonly linesPerSecond: number;
  /** From one step of the schedule to the next; default: 5 s. */
  readonly stepMs?: number;
  readonly sinks: readonly [SoakSink, SoakSink];
  /** Hears of every step, as it is done, and how the agent is then. */
  readonly onStep: (what: string, agent: Sample) => void;
  /** Hears of every cycle of the schedule. */
  readonly onCycle?: (cycle: CycleReport) => void;
  /** Hears what it cost as soon as all is written: whatever comes out in the end. */
  readonly onCosts?: (costs: Costs) => void;
}

export interface SoakReport extends Costs {
  readonly lines: number;
  readonly steps: number;
  /** By the sink's name. */
  readonly verdicts: ReadonlyMap<string, SinkVerdict>;
}

/**
 * Lets an agent ship to two sinks while its logs are rotated, its config is reloaded and each sink in turn is out of
 * order; then ends it and compares what the sinks have with what was written. Rejects when a reload fails, the books
 * do not balance, or the agent does not end well.
 */
export async function soak(scope: Scope, options: SoakOptions): Promise<SoakReport> {
  const dir = await scope.folder();
  const log = (source: string): NumberedLog => new NumberedLog(source, join(dir, `${source}.log`));
  const logs = Array.from({ length: LOGS }, (_, n) => log(`app-${n}`));
  const stage: Stage = { dir, logs, late: log('late-0'), sinks: options.sinks };
  const written = [...logs, stage.late];
  for (const each of written) each.append(1);
  const agent = await startAgent(scope, { config: firstConfig(stage), dir });

  const ended = new AbortController();
  const samples: Sample[] = [];
  const sampling = sample(agent.pid, samples, ended.signal);
  const writer = startWriter(scope, written, options.linesPerSecond);
  const endMs = performance.now() + options.minutes * 60_000;
  let steps = 0;
  for (let cycle = 0; performance.now() < endMs; cycle++) {
    const begin = samples.length - 1;
    for (const step of cycleOf(stage)) {
      await sleep(options.stepMs ?? STEP_MS);
      options.onStep(await step(agent, cycle), samples.at(-1)!);
      await agent.assertBalanced();
      steps++;
    }
    options.onCycle?.(cycleReport(samples.slice(begin), await agent.metrics()));
  }
  await writer.stop();
  ended.abort();
  await sampling;
  const costs = costsOf(samples);
  options.onCosts?.(costs);
  const lines = linesOf(written);
  for (const sink of options.sinks) await haveAll(sink, lines);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0, 'the agent did not end well');
  return { lines, steps, ...costs, verdicts: await verdictsOf(options.sinks, written) };
}

/** Resolves when a sink has so many lines, or when it has had its time for them. */
async function haveAll(sink: SoakSink, lines: number): Promise<void> {
  const endMs = performance.now() + CATCH_UP_MS;
  while ((await sink.lines()) < lines && performance.now() < endMs) await sleep(POLL_MS);
}

async function verdictsOf(
  sinks: readonly SoakSink[],
  written: readonly NumberedLog[],
): Promise<ReadonlyMap<string, SinkVerdict>> {
  const verdicts = new Map<string, SinkVerdict>();
  for (const sink of sinks) verdicts.set(sink.name, await sink.check(written));
  return verdicts;
}
