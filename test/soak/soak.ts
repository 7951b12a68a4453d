import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from '../helpers/agent.ts';
import { linesOf, type WrittenLog } from '../helpers/arrivals.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import type { Scope } from '../helpers/scope.ts';
import { startWriter } from '../helpers/steady-writer.ts';
import { median, type Sample, sample, slope } from './samples.ts';
import { cycleOf, firstConfig, type Stage } from './schedule.ts';
import type { SinkVerdict, SoakSink } from './sink.ts';

const LOGS = 4;
const STEP_MS = 5000;
/** How long the sinks may take for what is left in the end, on a busy machine. */
const CATCH_UP_MS = 180_000;
const POLL_MS = 500;
/** Until then the code is compiled, and the heap finds its size. */
const WARM_UP_SHARE = 0.25;
const LONGEST_WARM_UP_SECONDS = 300;

export interface SoakOptions {
  readonly minutes: number;
  readonly linesPerSecond: number;
  /** From one step of the schedule to the next; default: 5 s. */
  readonly stepMs?: number;
  readonly sinks: readonly [SoakSink, SoakSink];
  /** Hears of every step, as it is done, and how the agent is then. */
  readonly onStep: (what: string, agent: Sample) => void;
}

export interface SoakReport {
  readonly lines: number;
  readonly steps: number;
  readonly memory: MemoryReport;
  readonly cpuPercent: number;
  readonly descriptors: { readonly first: number; readonly last: number; readonly most: number };
  /** By the sink's name. */
  readonly verdicts: ReadonlyMap<string, SinkVerdict>;
}

export interface MemoryReport {
  /** After the warm-up, by least squares. */
  readonly slopeMbPerHour: number;
  readonly medianMb: number;
  readonly mostMb: number;
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
    for (const step of cycleOf(stage)) {
      await sleep(options.stepMs ?? STEP_MS);
      options.onStep(await step(agent, cycle), samples.at(-1)!);
      await agent.assertBalanced();
      steps++;
    }
  }
  await writer.stop();
  ended.abort();
  await sampling;
  const lines = linesOf(written);
  for (const sink of options.sinks) await haveAll(sink, lines);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0, 'the agent did not end well');
  return { lines, steps, ...costs(samples), verdicts: await verdictsOf(options.sinks, written) };
}

/** Resolves when a sink has so many lines, or when it has had its time for them. */
async function haveAll(sink: SoakSink, lines: number): Promise<void> {
  const endMs = performance.now() + CATCH_UP_MS;
  while ((await sink.lines()) < lines && performance.now() < endMs) await sleep(POLL_MS);
}

async function verdictsOf(
  sinks: readonly SoakSink[],
  written: readonly WrittenLog[],
): Promise<ReadonlyMap<string, SinkVerdict>> {
  const verdicts = new Map<string, SinkVerdict>();
  for (const sink of sinks) verdicts.set(sink.name, await sink.check(written));
  return verdicts;
}

function costs(samples: readonly Sample[]): Pick<SoakReport, 'memory' | 'cpuPercent' | 'descriptors'> {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const warmUpSeconds = Math.min(last.seconds * WARM_UP_SHARE, LONGEST_WARM_UP_SECONDS);
  const warm = samples.filter(({ seconds }) => seconds >= warmUpSeconds);
  const descriptors = samples.map(each => each.descriptors);
  return {
    memory: {
      slopeMbPerHour: 3600 * slope(warm.map(({ seconds, rssMb }) => ({ x: seconds, y: rssMb }))),
      medianMb: median(warm.map(({ rssMb }) => rssMb)),
      mostMb: Math.max(...samples.map(({ rssMb }) => rssMb)),
    },
    cpuPercent: (100 * (last.cpuSeconds - first.cpuSeconds)) / (last.seconds - first.seconds),
    descriptors: { first: first.descriptors, last: last.descriptors, most: Math.max(...descriptors) },
  };
}
