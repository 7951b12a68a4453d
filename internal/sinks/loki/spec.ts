import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { fromFile } from '../../../pkg/spec/filled.ts';
import { httpUrl, labelMap } from '../../../pkg/spec/formats.ts';
import { tlsSpec } from '../../../pkg/spec/tls.ts';
import { bytes, count, duration, listOf, oneOf, secret, text, textOrEmpty } from '../../../pkg/spec/types.ts';
import { templateProblem } from '../label-template.ts';

const basicSpec = block({
  user: field(text('a user name'), { doc: 'User name.', example: 'shipper' }),
  password: field(secret('a password'), { doc: 'Password.', example: fromFile('/run/secrets/loki') }),
});

interface AuthValues {
  readonly basic?: unknown;
  readonly bearer?: unknown;
  readonly bearer_file?: unknown;
}

const authSpec = block(
  {
    basic: field(basicSpec, { doc: 'User name and password.', optional: true }),
    bearer: field(secret('a token'), {
      doc: 'A token, sent as `Authorization: Bearer`.',
      optional: true,
      example: fromFile('/run/secrets/loki'),
    }),
    bearer_file: field(text('a path'), {
      doc: 'A file with a token; it is read again when it changes.',
      optional: true,
      example: '/run/secrets/loki',
    }),
  },
  [
    ...(['bearer', 'bearer_file'] as const).map(at => ({
      needs: ['basic', 'bearer', 'bearer_file'] as const,
      at,
      check: (v: AuthValues) => {
        const earlier = at === 'bearer' ? [v.basic] : [v.basic, v.bearer];
        const isSecond = v[at] !== undefined && earlier.some(value => value !== undefined);
        return isSecond ? 'is set beside another one, expected one of basic, bearer, bearer_file' : undefined;
      },
    })),
    {
      needs: ['basic', 'bearer', 'bearer_file'],
      at: 'basic',
      check: (v: AuthValues) =>
        v.basic === undefined && v.bearer === undefined && v.bearer_file === undefined
          ? 'missing, expected basic, bearer or bearer_file'
          : undefined,
    },
  ],
);

/** A sink of type `loki`. */
export const lokiSinkSpec = block(
  {
    url: field(httpUrl('/loki/api/v1/push'), {
      doc: '`/loki/api/v1/push` is added where there is no path.',
      example: 'http://127.0.0.1:3100',
    }),
    tenant: field(textOrEmpty(), {
      doc: 'Sent as `X-Scope-OrgID`; a label in braces is filled in: "{tenant}". A stream whose label is missing or cannot name a tenant becomes dead letters.',
      default: '',
    }),
    labels: field(labelMap(), {
      doc: 'Labels added to every stream.',
      default: {},
      example: { host: 'web-1' },
    }),
    auth: field(authSpec, { doc: 'How to log in.', optional: true }),
    tls: field(tlsSpec, {
      doc: 'TLS beyond what an https address does by itself. Files are read again when they change.',
      optional: true,
    }),
    timeout: field(duration(1), { doc: 'How long one push may take.', default: '10s' }),
    encoding: field(oneOf('protobuf', 'json'), {
      doc: 'protobuf is compressed with snappy, json with gzip.',
      default: 'protobuf',
    }),
    structured_metadata: field(listOf(text('a label name'), 'label names'), {
      doc: 'Labels that are sent as structured metadata of each line instead: streams that differ only in them become one.',
      default: [],
      example: ['filename', 'container_id'],
    }),
    max_streams: field(count(0), {
      doc: 'Streams that the sink makes at most. Before there are more, the label with the most values becomes structured metadata, with a warning; nothing is dropped. 0: off.',
      default: 0,
    }),
    max_stream_rate: field(bytes(0), {
      doc: 'What Loki takes of one stream in a second (its `per_stream_rate_limit`). A stream that comes near it is pushed so that Loki tells when it is too much: of several streams in a push it tells of the last only. 0: no limit.',
      default: '3MiB',
    }),
    max_behind: field(duration(0), {
      doc: 'How far behind the newest line of its stream Loki takes a line (half of its `max_chunk_age`). Lines of more than half of it ago are pushed stream by stream, so that Loki tells of those that it refuses. 0: any.',
      default: '1h',
    }),
    max_line_bytes: field(bytes(0), {
      doc: 'The longest line that Loki takes (its `max_line_size`). 0: Loki is asked about each.',
      default: '256KiB',
    }),
    on_long_line: field(oneOf('truncate', 'dlq'), {
      doc: 'dlq: longer lines become dead letters, whole. truncate: they are cut, and counted.',
      default: 'dlq',
    }),
    max_label_names: field(count(0), {
      doc: 'Labels of a stream (its `max_label_names_per_series`). 0: Loki is asked.',
      default: 15,
    }),
    max_label_name_bytes: field(bytes(0), {
      doc: 'Size of a label name (its `max_label_name_length`). 0: Loki is asked.',
      default: '1KiB',
    }),
    max_label_value_bytes: field(bytes(0), {
      doc: 'Size of a label value (its `max_label_value_length`). 0: Loki is asked.',
      default: '2KiB',
    }),
    on_bad_labels: field(oneOf('truncate', 'dlq'), {
      doc: 'truncate: names and values above the limits are cut, labels above the number (the last by name) become structured metadata, and each is counted. dlq: the lines of such streams become dead letters. In names, characters that Loki cannot parse become `_` in either case.',
      default: 'truncate',
    }),
    max_push_bytes: field(bytes(1), {
      doc: 'Size of a push before it is compressed; larger ones are divided.',
      default: '4MiB',
    }),
  },
  [
    { needs: ['tenant'], at: 'tenant', check: v => templateProblem(v.tenant) },
    {
      needs: ['url', 'tls'],
      at: 'tls',
      check: v =>
        v.tls !== undefined && v.url.startsWith('http:')
          ? 'is set for an http address, expected url: https://…'
          : undefined,
    },
  ],
);

export type LokiSinkConfig = Output<(typeof lokiSinkSpec)['shape']>;
