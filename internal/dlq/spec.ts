import { block, type Output } from '../../pkg/spec/block.ts';
import { field } from '../../pkg/spec/field.ts';
import { bytes, duration, oneOf } from '../../pkg/spec/types.ts';

/** `dlq` in the config: the dead letters on disk. */
export const dlqSpec = block(
  {
    max_bytes: field(bytes(1024 ** 2), { doc: 'Disk space for all dead letters.', default: '1GiB' }),
    max_age: field(duration(1000, 3650 * 86_400_000), {
      doc: 'Older letters are removed (counted).',
      default: '7d',
    }),
    segment_bytes: field(bytes(64 * 1024, 1024 ** 3), {
      doc: 'Size of one file of letters.',
      default: '64MiB',
    }),
    on_full: field(oneOf('block', 'drop_oldest'), {
      doc: 'block: the readers wait until there is room. drop_oldest: the oldest letters go (counted).',
      default: 'block',
    }),
    replay: field(oneOf('auto', 'manual'), {
      doc: 'auto: what overflowed is sent once its sink is healthy; rejected letters always wait for a person.',
      default: 'auto',
    }),
  },
  [
    {
      needs: ['segment_bytes', 'max_bytes'],
      at: 'segment_bytes',
      check: v =>
        v.segment_bytes > v.max_bytes ? 'is larger than max_bytes, expected at most that' : undefined,
    },
  ],
);

export type DlqConfig = Output<(typeof dlqSpec)['shape']>;
