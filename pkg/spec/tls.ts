import { block, type Output } from './block.ts';
import { field } from './field.ts';
import { flag, text } from './types.ts';

/** TLS towards a server; an empty mapping (`tls: {}`) means TLS with the certificates that Node.js trusts. */
export const tlsSpec = block(
  {
    ca: field(text('a path'), {
      doc: 'PEM file of the authorities to trust instead of the usual ones.',
      optional: true,
      example: '/etc/ssl/private-ca.pem',
    }),
    cert: field(text('a path'), {
      doc: 'PEM file of our own certificate.',
      optional: true,
      example: '/etc/log-capturer/client.pem',
    }),
    key: field(text('a path'), {
      doc: 'PEM file of the key that belongs to `cert`.',
      optional: true,
      example: '/etc/log-capturer/client.key',
    }),
    server_name: field(text('a host name'), {
      doc: "Name to expect in the server's certificate instead of the host in the address.",
      optional: true,
      example: 'loki.example.com',
    }),
    insecure_skip_verify: field(flag(), {
      doc: 'true: any certificate is accepted. For tests only.',
      default: false,
    }),
  },
  [
    {
      needs: ['cert', 'key'],
      at: 'cert',
      check: ({ cert, key }) =>
        cert !== undefined && key === undefined ? 'is set without key, expected both' : undefined,
    },
    {
      needs: ['cert', 'key'],
      at: 'key',
      check: ({ cert, key }) =>
        key !== undefined && cert === undefined ? 'is set without cert, expected both' : undefined,
    },
  ],
);

export type TlsConfig = Output<(typeof tlsSpec)['shape']>;
