import type { Server } from 'node:http';
import { errorText, LcError, systemCode } from '../../pkg/errors/errors.ts';

/** Where the server listens; `port` is the real one where the config says 0. */
export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process has the port: set server.port to a free one, or to 0.',
  EACCES: 'Ports below 1024 need a privilege: set server.port to a higher one.',
  EADDRNOTAVAIL: 'This machine does not have that address: set server.host to one it has.',
  ENOTFOUND: 'That name has no address: set server.host to an address of this machine.',
};

/** Listens, or throws `LC_SERVER_LISTEN` with what to do about it. */
export async function listen(server: Server, host: string, port: number): Promise<BoundAddress> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw new LcError('LC_SERVER_LISTEN', {
      message: `cannot listen on ${host}:${port}: ${errorText(cause)}`,
      advice: ADVICE[systemCode(cause)] ?? 'Look at server.host and server.port in the config.',
      cause,
    });
  }
  const address = server.address();
  return address !== null && typeof address === 'object'
    ? { host: address.address, port: address.port }
    : { host, port };
}
