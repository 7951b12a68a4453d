import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { oneOf } from '../../../pkg/spec/types.ts';

/** A sink of type `console`: standard output. */
export const consoleSinkSpec = block({
  format: field(oneOf('text', 'json'), {
    doc: 'text: time and line; control characters are shown as `\\x1b`, so that no line can steer the terminal or pass for another. json: time, line and labels.',
    default: 'text',
  }),
});

export type ConsoleSinkConfig = Output<(typeof consoleSinkSpec)['shape']>;
