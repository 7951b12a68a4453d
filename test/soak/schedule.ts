import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestAgent } from '../helpers/agent.ts';
import type { NumberedLog } from '../helpers/numbered-log.ts';
import type { SoakSink } from './sink.ts';

/** What logrotate would keep. */
const KEPT_FILES = 3;
const BATCH_SIZES = [10_000, 2000];

/** What the schedule works on. */
export interface Stage {
  readonly dir: string;
  /** Of the source that stays; they are rotated. */
  readonly logs: readonly NumberedLog[];
  /** Of the source that comes and goes; not rotated, for what is renamed while nobody looks is not found again. */
  readonly late: NumberedLog;
  readonly sinks: readonly [SoakSink, SoakSink];
}

/** A step of a cycle: does it, and says what was done. */
export type Step = (agent: TestAgent, cycle: number) => Promise<string>;

/** The agent's config: all defaults, but for what is reloaded. */
export function configOf({ dir, sinks }: Stage, batchSize: number, hasLate: boolean): object {
  const source = (name: string): object => ({
    name,
    paths: [join(dir, `${name}-*.log`)],
    labels: { job: 'soak' },
  });
  return {
    file_monitor: { sources: [source('app'), ...(hasLate ? [source('late')] : [])] },
    dispatcher: { batch_size: batchSize },
    sinks: Object.fromEntries(sinks.map(({ name, config }) => [name, config])),
  };
}

/** A cycle, which ends as it began: rotations of both kinds, an outage of each sink, four reloads. */
export function cycleOf(stage: Stage): readonly Step[] {
  const [first, second] = stage.sinks;
  const [size = 0, otherSize = 0] = BATCH_SIZES;
  return [
    rename(stage),
    reload(stage, otherSize, true),
    fail(first),
    copyTruncate(stage),
    recover(first),
    reload(stage, otherSize, false),
    rename(stage),
    fail(second),
    reload(stage, otherSize, true),
    recover(second),
    copyTruncate(stage),
    reload(stage, size, true),
  ];
}

export function firstConfig(stage: Stage): object {
  return configOf(stage, BATCH_SIZES[0]!, true);
}

function rename({ logs }: Stage): Step {
  return async () => {
    for (const log of logs) log.rotate(KEPT_FILES);
    return 'logs renamed';
  };
}

function copyTruncate({ logs }: Stage): Step {
  return async () => {
    for (const log of logs) log.copyTruncate(KEPT_FILES);
    return 'logs copied and truncated';
  };
}

function fail(sink: SoakSink): Step {
  return async (_agent, cycle) => `${sink.name} ${await sink.fail(cycle)}`;
}

function recover(sink: SoakSink): Step {
  return async () => {
    await sink.recover();
    return `${sink.name} is back`;
  };
}

function reload(stage: Stage, batchSize: number, hasLate: boolean): Step {
  return async agent => {
    const answer = await agent.reload(configOf(stage, batchSize, hasLate));
    assert.equal(answer.result, 'applied', JSON.stringify(answer));
    return `reloaded: batch_size ${batchSize}, ${hasLate ? 2 : 1} sources`;
  };
}
