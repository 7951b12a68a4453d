import { block, type Output } from '../../pkg/spec/block.ts';
import { field } from '../../pkg/spec/field.ts';
import { oneOf } from '../../pkg/spec/types.ts';

/** `log` in the config: the agent's own log, to stderr. */
export const logSpec = block({
  level: field(oneOf('debug', 'info', 'warn', 'error'), {
    doc: 'The least that is written.',
    default: 'info',
  }),
  format: field(oneOf('json', 'text'), { doc: 'json for programs, text for people.', default: 'json' }),
});

export type LogConfig = Output<(typeof logSpec)['shape']>;
