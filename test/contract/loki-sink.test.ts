import type { ServerResponse } from 'node:http';
import type { Stream } from '../../pkg/types/stream.ts';
import { decodePush } from '../helpers/decode-push.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer } from '../helpers/push-server.ts';
import { type Arrived, type Behaviour, type SinkHarness, sinkContract } from './sink-contract.ts';

const ANSWERS: Readonly<Record<Behaviour, (response: ServerResponse) => void>> = {
  take: response => response.writeHead(204).end(),
  refuse: response => response.writeHead(400).end('entry for stream has timestamp too old\n'),
  fail: response => response.writeHead(503).end('the ingester is restarting\n'),
  hang: () => undefined,
};

for (const encoding of ['protobuf', 'json'] as const)
  sinkContract(`loki sink, ${encoding}`, async (): Promise<SinkHarness> => {
    const server = await PushServer.listen();
    const labels = new Map<string, Arrived[]>();
    const arrivedUnder = (key: string): Arrived[] => {
      const known = labels.get(key) ?? [];
      labels.set(key, known);
      return known;
    };
    const behave = (behaviour: Behaviour): void => {
      server.respond = (response, { headers, body }) => {
        if (behaviour === 'take')
          for (const stream of decodePush(headers['content-type'] ?? '', body))
            arrivedUnder(stream.labels).push(...stream.entries);
        ANSWERS[behaviour](response);
      };
    };
    behave('take');
    return {
      sink: makeLokiSink({ url: server.url, encoding }),
      behave,
      wire: async count => (await server.received(count)).map(({ body }) => body),
      arrived: stream => arrivedUnder(labelText(stream, encoding)),
      vanish: () => server.close(),
      close: () => server.close(),
    };
  });

/** The labels of a stream as the decoders of the tests give them back. */
function labelText({ labels }: Stream, encoding: 'protobuf' | 'json'): string {
  if (encoding === 'json') return JSON.stringify(labels);
  const pairs = [...labels.toMap()].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}`;
}
