import { ConsoleSink } from '../../internal/sinks/console/sink.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { arrivedAsJson } from '../helpers/json-lines.ts';
import { WhimWriter } from '../helpers/whim-fs.ts';
import { type SinkHarness, sinkContract } from './sink-contract.ts';

sinkContract('console sink', async (): Promise<SinkHarness> => {
  const taken: Buffer[] = [];
  const writer = new WhimWriter('EPIPE');
  const write = (bytes: Buffer): Promise<void> =>
    writer.write(bytes, async () => void taken.push(Buffer.from(bytes)));
  return {
    sink: new ConsoleSink({ name: 'console', format: 'json' }, { clock: systemClock, output: { write } }),
    behave: behaviour => writer.behave(behaviour),
    wire: count => writer.written(count),
    arrived: stream => arrivedAsJson(Buffer.concat(taken).toString(), stream),
    vanish: async () => writer.behave('fail'),
    unreachable: 'unavailable',
    close: async () => writer.end(),
  };
});
