import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { TlsConfig } from '../../../pkg/spec/tls.ts';

/** Where an engine listens. */
export type EngineAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls: ConnectionOptions | undefined };

/**
 * The address that `host` of the config stands for. Reads the TLS files anew at every call, so that replaced
 * certificates are used from the next connection on. Rejects with the file system's error.
 */
export async function engineAddress(host: string, tls: TlsConfig | undefined): Promise<EngineAddress> {
  const unix = /^unix:\/\/(.+)$/.exec(host)?.[1];
  if (unix !== undefined) return { path: unix };
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  const name = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host: name,
    port: Number(url.port || 80),
    tls: tls === undefined ? undefined : await connectionOptions(tls, name),
  };
}

async function connectionOptions(tls: TlsConfig, host: string): Promise<ConnectionOptions> {
  const file = (path: string | undefined): Promise<Buffer> | undefined =>
    path === undefined ? undefined : readFile(path);
  const [ca, cert, key] = await Promise.all([file(tls.ca), file(tls.cert), file(tls.key)]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...serverName(tls.serverName ?? host),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
}

/** An IP address is no name that may be asked for (RFC 6066), but it is checked all the same. */
function serverName(name: string): ConnectionOptions {
  return isIP(name) === 0 ? { servername: name } : {};
}
