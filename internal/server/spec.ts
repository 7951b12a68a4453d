import { block, type Output } from '../../pkg/spec/block.ts';
import { field } from '../../pkg/spec/field.ts';
import { fromFile } from '../../pkg/spec/filled.ts';
import { count, flag, secret, text } from '../../pkg/spec/types.ts';

/** `server` in the config: metrics, health and the API. */
export const serverSpec = block({
  enabled: field(flag(), { doc: 'false: no server.', default: true }),
  host: field(text('an address to listen on'), { doc: 'Address to listen on.', default: '127.0.0.1' }),
  port: field(count(0, 65_535), { doc: 'Port to listen on; 0 takes a free one.', default: 8001 }),
  token: field(secret('a token'), {
    doc: 'Guards every request that changes something. Without it they are refused from other hosts.',
    optional: true,
    example: fromFile('/run/secrets/log-capturer'),
  }),
});

export type ServerConfig = Output<(typeof serverSpec)['shape']>;
