import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { bytes, count, flag, text } from '../../../pkg/spec/types.ts';

const rotateSpec = block({
  max_bytes: field(bytes(1), { doc: 'A file larger than this is put aside.', default: '100MiB' }),
  keep: field(count(0, 100_000), { doc: 'Files that are kept aside.', default: 10 }),
  compress: field(flag(), { doc: 'Whether they are compressed with gzip.', default: true }),
});

/** A sink of type `file`. */
export const fileSinkSpec = block({
  path: field(text('a path'), {
    doc: 'A label in braces is filled in; it never leaves the folder it stands in.',
    example: '/var/log/archive/{job}.log',
  }),
  rotate: field(rotateSpec, { doc: 'When files are put aside.', default: {} }),
});

export type FileSinkConfig = Output<(typeof fileSinkSpec)['shape']>;
