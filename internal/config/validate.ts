import type { z } from 'zod';
import type { Shape } from '../../pkg/spec/block.ts';
import { name as sinkName } from '../../pkg/spec/formats.ts';
import { dispatcherSpec } from '../dispatcher/spec.ts';
import { type Config, type SinkConfig, topSpec } from './config.ts';
import { laneConfig } from './lanes.ts';
import type { Path, Problem } from './problem.ts';
import { withProfile } from './profile.ts';
import { type CommonSinkConfig, commonSinkSpec, SINK_PARSERS, type SinkType, sinkType } from './sinks.ts';

/** The config, or everything that is wrong with it. */
export interface Validation {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
}

/** Checks a config as it was written (`Tree.value`). Each part is looked at, whatever is wrong with the others. */
export function validate(given: unknown): Validation {
  const written = withProfile(given);
  const problems: Problem[] = [];
  const top = parse(topSpec, withoutExtensions(written), [], problems);
  const sinks = Object.entries(keysOf(keysOf(written).sinks)).map(([name, sink]) =>
    parseSink(name, sink, problems),
  );
  if (isMapping(written)) problems.push(...crossProblems(written));
  if (top === undefined || problems.length > 0) return { config: undefined, problems };
  const finished = sinks
    .filter(sink => sink !== undefined)
    .map(({ name, type, common, options }) => {
      const { match, errorStrategy } = common;
      return {
        name,
        type,
        match,
        errorStrategy,
        dispatch: laneConfig(top.dispatcher, common, type),
        options,
      } as SinkConfig;
    });
  return { config: { ...top, sinks: finished }, problems };
}

interface ParsedSink {
  readonly name: string;
  readonly type: SinkType;
  readonly common: CommonSinkConfig;
  readonly options: SinkConfig['options'];
}

function parseSink(name: string, written: unknown, problems: Problem[]): ParsedSink | undefined {
  const path = ['sinks', name];
  parse(sinkName(), name, path, problems, 'key');
  const answer = sinkType(name, keysOf(written).type);
  if (answer.type !== undefined) {
    const parsed = parse<ParsedParts>(SINK_PARSERS[answer.type], written, path, problems);
    return parsed && { name, type: answer.type, ...parsed };
  }
  problems.push({ path: [...path, 'type'], at: 'value', message: answer.message });
  // The rest is still worth a look, as what it was probably meant to be.
  if (answer.meant === undefined) return undefined;
  parse<ParsedParts>(SINK_PARSERS[answer.meant], { ...keysOf(written), type: answer.meant }, path, problems);
  return undefined;
}

type ParsedParts = Pick<ParsedSink, 'common' | 'options'>;

/** What must hold between parts; each is looked at when the values it needs are valid themselves. */
function crossProblems(written: Readonly<Record<string, unknown>>): readonly Problem[] {
  const sinks = written.sinks;
  const problems: Problem[] = [];
  if (isMapping(sinks) && Object.keys(sinks).length === 0)
    problems.push({ path: ['sinks'], at: 'value', message: 'is empty, expected at least one sink' });
  if (!hasEntries(written.file_monitor, 'sources') && !hasEntries(written.docker_monitor, 'engines')) {
    const message = 'has no sources, expected at least one here or one of docker_monitor.engines';
    problems.push({ path: ['file_monitor'], at: 'value', message });
  }
  const queueBytes = numberAt(dispatcherSpec.shape, written.dispatcher, 'queue_bytes');
  for (const [name, sink] of Object.entries(keysOf(sinks))) {
    const batchBytes = numberAt(commonSinkSpec.shape, sink, 'batch_bytes');
    if (queueBytes === undefined || batchBytes === undefined || batchBytes <= queueBytes) continue;
    const message = 'is larger than dispatcher.queue_bytes, expected at most that';
    problems.push({ path: ['sinks', name, 'batch_bytes'], at: 'value', message });
  }
  return problems;
}

/** What `type` makes of `value`; its issues are added to `problems`. */
function parse<T>(
  type: z.ZodType<T>,
  value: unknown,
  path: Path,
  problems: Problem[],
  at: Problem['at'] = 'value',
): T | undefined {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const issuePath = [...path, ...issue.path.map(step => (typeof step === 'number' ? step : String(step)))];
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split('\n');
      for (const [index, key] of issue.keys.entries())
        problems.push({ path: [...issuePath, key], at: 'key', message: messages[index] ?? 'unknown key' });
    } else
      problems.push({
        path: issuePath,
        at: issue.code === 'invalid_key' ? 'key' : at,
        message: issue.message,
      });
  }
  return undefined;
}

/** The config without `x-…`, keys at the top that hold what anchors refer to. */
function withoutExtensions(written: unknown): unknown {
  if (!isMapping(written)) return written;
  const own = Object.entries(written).filter(([key]) => !key.startsWith('x-'));
  return Object.assign(Object.create(null), Object.fromEntries(own));
}

function numberAt(shape: Shape, written: unknown, key: string): number | undefined {
  const result = shape[key]?.safeParse(keysOf(written)[key]);
  return typeof result?.data === 'number' ? result.data : undefined;
}

function hasEntries(written: unknown, key: string): boolean {
  const list = keysOf(written)[key];
  return list !== undefined && !(Array.isArray(list) && list.length === 0);
}

function keysOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}

/** Mappings from YAML have no prototype; `Filled` has one. */
function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}
