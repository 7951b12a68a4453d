import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import createRequest from 'kafkajs/src/protocol/request.js';
import { BodyWriter } from './body-writer.ts';

const BODY = [Buffer.from('head'), Buffer.alloc(300_000, 'b'), Buffer.alloc(0), Buffer.from('tail')];
const WHOLE = Buffer.concat(BODY);

/** A request as kafkajs writes it. */
async function requestOf(apiKey: number, payload: Buffer): Promise<Buffer> {
  const encode = (): Promise<{ buf: Buffer; buffer: Buffer }> =>
    Promise.resolve({ buf: payload, buffer: payload });
  const request = { apiKey, apiVersion: 7, encode };
  return (await createRequest({ correlationId: 5, clientId: 'test', request })).buffer;
}

/** What arrives when `requests` are written to a socket with `bodies`. */
async function arrived(bodies: BodyWriter, requests: readonly Buffer[]): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [typeof client];
  bodies.attach(client);
  for (const request of requests) client.write(request, 'binary');
  client.end();
  const chunks = await peer.toArray();
  server.close();
  return Buffer.concat(chunks as Buffer[]);
}

test('a body stands where its mark was, as kafkajs would have written it', async () => {
  const bodies = new BodyWriter();
  const [first, second] = [bodies.post(BODY), bodies.post([Buffer.from('short')])];
  const bytes = await arrived(bodies, [await requestOf(0, second.mark), await requestOf(0, first.mark)]);
  const expected = [await requestOf(0, Buffer.from('short')), await requestOf(0, WHOLE)];
  assert.ok(bytes.equals(Buffer.concat(expected)));
});

test('other requests go as they are, whatever they end with', async () => {
  const bodies = new BodyWriter();
  const { mark } = bodies.post(BODY);
  const metadata = await requestOf(3, mark);
  assert.ok((await arrived(bodies, [metadata])).equals(metadata));
});

test('a body whose request is over is never written', async () => {
  const bodies = new BodyWriter();
  const body = bodies.post(BODY);
  bodies.post([Buffer.from('another')]);
  body.drop();
  const request = await requestOf(0, body.mark);
  assert.ok((await arrived(bodies, [request])).equals(request));
});
