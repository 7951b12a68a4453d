/** A server that reads every body and answers 204, with TLS and without: prints the two addresses as JSON. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { serverTls } from '../helpers/tls-files.ts';

function drain(request: IncomingMessage, response: ServerResponse): void {
  request.resume().on('end', () => response.writeHead(204).end());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const http = await listen(createServer(drain));
const https = await listen(createSecureServer(serverTls(), drain));
process.stdout.write(
  `${JSON.stringify({ http: `http://127.0.0.1:${http}`, https: `https://127.0.0.1:${https}` })}\n`,
);
