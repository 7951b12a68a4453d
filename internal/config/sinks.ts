import { block, joined, type Output } from '../../pkg/spec/block.ts';
import { field } from '../../pkg/spec/field.ts';
import { asText } from '../../pkg/spec/filled.ts';
import { selector } from '../../pkg/spec/formats.ts';
import { nearest } from '../../pkg/spec/nearest.ts';
import { oneOf } from '../../pkg/spec/types.ts';
import { expectedOneOf } from '../../pkg/spec/wrong.ts';
import { laneOverridesSpec } from '../dispatcher/spec.ts';
import { consoleSinkSpec } from '../sinks/console/spec.ts';
import { fileSinkSpec } from '../sinks/file/spec.ts';
import { kafkaSinkSpec } from '../sinks/kafka/spec.ts';
import { lokiSinkSpec } from '../sinks/loki/spec.ts';

/** The sinks that exist, and what each of them takes beside the keys of all sinks. */
export const SINK_SPECS = {
  loki: lokiSinkSpec,
  kafka: kafkaSinkSpec,
  file: fileSinkSpec,
  console: consoleSinkSpec,
} as const;

export type SinkType = keyof typeof SINK_SPECS;

/** All sink types, in the order of the documents. */
export const SINK_TYPES = Object.keys(SINK_SPECS) as readonly SinkType[];

/** What every sink takes. */
export const commonSinkSpec = block({
  type: field(oneOf(...SINK_TYPES), {
    doc: 'What the sink is; a sink that is called as its type needs none.',
    optional: true,
    example: 'loki',
  }),
  match: field(selector(), {
    doc: 'LogQL stream selector: only these streams come here. Without it: everything. Its regular expressions match whole values, in linear time; flags other than `(?i)` and `(?s)`, and classes such as `[[:alpha:]]`, are not known.',
    optional: true,
    example: '{job="varlogs"}',
  }),
  error_strategy: field(oneOf('retry', 'dlq', 'fail_fast', 'log_continue'), {
    doc: 'retry: attempts, then the dead letters. dlq: the dead letters at once. fail_fast: the agent stops. log_continue: dropped, logged and counted.',
    default: 'retry',
  }),
  ...laneOverridesSpec.shape,
});

/** One parser a type: the keys of all sinks and its own in one mapping. */
export const SINK_PARSERS = {
  loki: joined(['common', commonSinkSpec], ['options', lokiSinkSpec]),
  kafka: joined(['common', commonSinkSpec], ['options', kafkaSinkSpec]),
  file: joined(['common', commonSinkSpec], ['options', fileSinkSpec]),
  console: joined(['common', commonSinkSpec], ['options', consoleSinkSpec]),
} as const;

export type CommonSinkConfig = Output<(typeof commonSinkSpec)['shape']>;

/** What a sink is, from its `type` or its name; where that fails, why, and what it was probably meant to be. */
export type TypeAnswer =
  | { readonly type: SinkType }
  | { readonly type: undefined; readonly message: string; readonly meant: SinkType | undefined };

/** Works out the type of a sink from its raw keys. */
export function sinkType(name: string, written: unknown): TypeAnswer {
  const type = asText(written);
  if (type === undefined) {
    const known = SINK_TYPES.find(candidate => candidate === name);
    if (known !== undefined) return { type: known };
    const message = `missing, expected ${SINK_TYPES.join(' | ')} (only a sink with such a name needs none)`;
    return { type: undefined, message, meant: undefined };
  }
  const known = SINK_TYPES.find(candidate => candidate === type);
  if (known !== undefined) return { type: known };
  const near = typeof type === 'string' ? nearest(type, SINK_TYPES) : undefined;
  const message = expectedOneOf(SINK_TYPES)({ code: 'invalid_value', input: type });
  return { type: undefined, message, meant: SINK_TYPES.find(candidate => candidate === near) };
}
