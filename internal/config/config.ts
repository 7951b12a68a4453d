import { z } from 'zod';
import { block, type Output } from '../../pkg/spec/block.ts';
import { field, withFacts } from '../../pkg/spec/field.ts';
import { oneOf, text } from '../../pkg/spec/types.ts';
import { expected } from '../../pkg/spec/wrong.ts';
import { dispatcherSpec, type LaneConfig } from '../dispatcher/spec.ts';
import { dlqSpec } from '../dlq/spec.ts';
import { dockerMonitorSpec } from '../monitors/docker/spec.ts';
import { fileMonitorSpec } from '../monitors/file/spec.ts';
import { logSpec } from '../selflog/spec.ts';
import { serverSpec } from '../server/spec.ts';
import type { ConsoleSinkConfig } from '../sinks/console/spec.ts';
import type { FileSinkConfig } from '../sinks/file/spec.ts';
import type { KafkaSinkConfig } from '../sinks/kafka/spec.ts';
import type { LokiSinkConfig } from '../sinks/loki/spec.ts';
import { PROFILE_DOC, PROFILE_NAMES } from './profile.ts';
import type { CommonSinkConfig } from './sinks.ts';

/** Sinks by name. What each takes depends on its type: see sinks.ts. */
function sinkMap(): z.ZodType<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>> {
  const error = expected('a mapping of at least one sink, by name');
  return withFacts(z.record(z.string(), z.unknown(), { error }), { expects: 'sinks by name' });
}

/** The top of the config. */
export const topSpec = block({
  state_dir: field(text('a path'), {
    doc: 'Positions and dead letters. Relative to the folder the agent is started in.',
    default: './state',
  }),
  profile: field(oneOf(...PROFILE_NAMES), { doc: PROFILE_DOC, default: 'balanced' }),
  log: field(logSpec, { doc: "The agent's own log, to stderr.", default: {} }),
  server: field(serverSpec, { doc: 'Metrics, health and the API over HTTP.', default: {} }),
  file_monitor: field(fileMonitorSpec, { doc: 'Reads files.', default: {} }),
  docker_monitor: field(dockerMonitorSpec, { doc: 'Reads containers.', default: {} }),
  dispatcher: field(dispatcherSpec, { doc: 'The queue, and the way from it to each sink.', default: {} }),
  dlq: field(dlqSpec, { doc: 'The dead letters: what could not be delivered, on disk.', default: {} }),
  sinks: field(sinkMap(), { doc: 'Where the lines go. Each sink gets everything that it matches.' }),
});

/** What every sink has: its name and how its lane works, overrides and `auto` worked out. */
interface SinkBase {
  readonly name: string;
  readonly match: string | undefined;
  readonly errorStrategy: CommonSinkConfig['errorStrategy'];
  readonly dispatch: LaneConfig;
}

/** One sink: `type` says what its `options` are. */
export type SinkConfig = SinkBase &
  (
    | { readonly type: 'loki'; readonly options: LokiSinkConfig }
    | { readonly type: 'kafka'; readonly options: KafkaSinkConfig }
    | { readonly type: 'file'; readonly options: FileSinkConfig }
    | { readonly type: 'console'; readonly options: ConsoleSinkConfig }
  );

/** The effective config: valid, complete, frozen through and through. Times in ms, sizes in bytes. */
export interface Config extends Omit<Output<(typeof topSpec)['shape']>, 'sinks'> {
  readonly sinks: readonly SinkConfig[];
}

/** The config as JSON for people: every secret is `***`. */
export function maskedConfig(config: Config): object {
  return JSON.parse(JSON.stringify(config));
}
