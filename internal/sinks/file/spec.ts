import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { bytes, count, flag, oneOf, text } from '../../../pkg/spec/types.ts';
import { templateProblem } from '../label-template.ts';

const rotateSpec = block({
  max_bytes: field(bytes(1), { doc: 'A file that would become larger is put aside.', default: '100MiB' }),
  keep: field(count(0, 100_000), { doc: 'Files that are kept aside; older ones are deleted.', default: 10 }),
  compress: field(flag(), { doc: 'Whether they are compressed with gzip.', default: true }),
});

/** A sink of type `file`. */
export const fileSinkSpec = block(
  {
    path: field(text('a path'), {
      doc: 'A label in braces is filled in. Whatever its value is, the file stays in its folder: all but letters, digits, `.`, `_` and `-` is written as `%2F`; a missing label is `_`. Files that fit the pattern are never read as sources.',
      example: '/var/log/archive/{job}.log',
    }),
    format: field(oneOf('text', 'json'), {
      doc: 'text: the line as it was read. json: time, line and labels.',
      default: 'text',
    }),
    rotate: field(rotateSpec, {
      doc: 'When files are put aside, as `web.log.20261121T072432.123Z`.',
      default: {},
    }),
    sync: field(oneOf('rotate', 'write'), {
      doc: 'When lines are made safe from a loss of power. rotate: when their file is put aside or closed; they count as delivered before. write: with each write, before they count as delivered.',
      default: 'rotate',
    }),
  },
  [
    { needs: ['path'], at: 'path', check: v => templateProblem(v.path) },
    {
      needs: ['path'],
      at: 'path',
      check: v => (v.path.endsWith('/') ? 'is a folder, expected the path of a file' : undefined),
    },
  ],
);

export type FileSinkConfig = Output<(typeof fileSinkSpec)['shape']>;
