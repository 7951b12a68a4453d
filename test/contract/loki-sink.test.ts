import type { ServerResponse } from 'node:http';
import type { Stream } from '../../pkg/types/stream.ts';
import { decodePush } from '../helpers/decode-push.ts';
import { makeLokiSink } from '../helpers/loki-sink.ts';
import { PushServer } from '../helpers/push-server.ts';
import { type Arrived, type Behaviour, type SinkHarness, sinkContract } from './sink-contract.ts';

/** How Loki answers; `isBad`: whether the push has a line that it does not take. */
const ANSWERS: Readonly<Record<Behaviour, (response: ServerResponse, isBad: boolean) => void>> = {
  take: response => response.writeHead(204).end(),
  some: (response, isBad) =>
    isBad ? response.writeHead(400).end('a bad line\n') : response.writeHead(204).end(),
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
        const streams = decodePush(headers['content-type'] ?? '', body);
        const isBad = ({ line }: Arrived): boolean => behaviour === 'some' && line.includes('bad');
        if (behaviour === 'take' || behaviour === 'some')
          for (const stream of streams)
            store(
              arrivedUnder(stream.labels),
              stream.entries.filter(entry => !isBad(entry)),
            );
        ANSWERS[behaviour](
          response,
          streams.some(({ entries }) => entries.some(isBad)),
        );
      };
    };
    behave('take');
    return {
      sink: makeLokiSink({ url: server.url, encoding }),
      behave,
      wire: async count => (await server.received(count)).map(({ body }) => body),
      arrived: stream => arrivedUnder(labelText(stream, encoding)),
      vanish: () => server.close(),
      unreachable: 'network',
      close: () => server.close(),
    };
  });

/** As Loki does: what it has already, with the same time and text, it stores no second time. */
function store(stored: Arrived[], entries: readonly Arrived[]): void {
  for (const entry of entries)
    if (!stored.some(({ line, nanos }) => line === entry.line && nanos === entry.nanos)) stored.push(entry);
}

/** The labels of a stream as the decoders of the tests give them back. */
function labelText({ labels }: Stream, encoding: 'protobuf' | 'json'): string {
  if (encoding === 'json') return JSON.stringify(labels);
  const pairs = [...labels.toMap()].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}`;
}
