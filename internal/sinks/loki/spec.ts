import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { fromFile } from '../../../pkg/spec/filled.ts';
import { httpUrl, labelMap } from '../../../pkg/spec/formats.ts';
import { tlsSpec } from '../../../pkg/spec/tls.ts';
import { count, duration, oneOf, secret, text, textOrEmpty } from '../../../pkg/spec/types.ts';

const basicSpec = block({
  user: field(text('a user name'), { doc: 'User name.', example: 'shipper' }),
  password: field(secret('a password'), { doc: 'Password.', example: fromFile('/run/secrets/loki') }),
});

const authSpec = block(
  {
    basic: field(basicSpec, { doc: 'User name and password.', optional: true }),
    bearer: field(secret('a token'), {
      doc: 'A token, sent as `Authorization: Bearer`.',
      optional: true,
      example: fromFile('/run/secrets/loki'),
    }),
  },
  [
    {
      needs: ['basic', 'bearer'],
      at: 'bearer',
      check: v =>
        v.basic !== undefined && v.bearer !== undefined
          ? 'is set beside basic, expected one of the two'
          : undefined,
    },
    {
      needs: ['basic', 'bearer'],
      at: 'basic',
      check: v =>
        v.basic === undefined && v.bearer === undefined ? 'missing, expected basic or bearer' : undefined,
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
      doc: 'Sent as `X-Scope-OrgID`; a label in braces is filled in: "{tenant}".',
      default: '',
    }),
    labels: field(labelMap(), {
      doc: 'Labels added to every stream.',
      default: {},
      example: { host: 'web-1' },
    }),
    auth: field(authSpec, { doc: 'How to log in.', optional: true }),
    tls: field(tlsSpec, { doc: 'TLS beyond what an https address does by itself.', optional: true }),
    timeout: field(duration(1), { doc: 'How long one push may take.', default: '10s' }),
    encoding: field(oneOf('protobuf', 'json'), {
      doc: 'protobuf is compressed with snappy, json with gzip.',
      default: 'protobuf',
    }),
    max_streams: field(count(0), {
      doc: 'Guard against labels with too many values: streams above it lose what varies. 0: off.',
      default: 0,
    }),
  },
  [
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
