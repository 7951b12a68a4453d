import { InvalidArgumentError } from 'commander';
import type { ReceiveOptions } from '../../../internal/app/receive.ts';
import { parseBytes } from '../../../pkg/units/units.ts';
import type { ProgramCommand } from '../command.ts';

type Limits = ReceiveOptions['limits'];

interface ReceiveFlags {
  readonly host: string;
  readonly port: number;
  readonly maxBytes: number;
  readonly discard?: true | 'decode' | 'body';
  readonly limits: Limits;
  readonly faults: boolean;
  readonly verifySequence: boolean;
  readonly record?: string;
}

/** `receive`: the embedded Loki-compatible receiver alone, for development, tests and benchmarks. */
export const receiveCommand: ProgramCommand = {
  register(program) {
    program
      .command('receive')
      .description('run the embedded Loki-compatible receiver alone (development, tests, benchmarks)')
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--port <port>', 'port to listen on; 0 takes a free one', parsePort, 3100)
      .option(
        '--max-bytes <size>',
        'memory for stored lines; the oldest go first',
        parseSize,
        64 * 1024 * 1024,
      )
      .option(
        '--discard [how]',
        'store nothing: decode and count lines (decode), or count bodies (body)',
        parseDiscard,
      )
      .option(
        '--limits <which>',
        "Loki's limits without its rates (default), with its rates (rates), or none",
        parseLimits,
        'default',
      )
      .option('--faults', 'let tests set faults through /faults', false)
      .option('--verify-sequence', 'follow lines of the form "<source> <n> …" and report at /sequence', false)
      .option('--record <file>', 'append a JSON line for each push: streams, times, digests')
      .action(receive);
  },
};

async function receive(flags: ReceiveFlags): Promise<void> {
  const { runReceiver } = await import('../../../internal/app/receive.ts');
  await runReceiver({
    host: flags.host,
    port: flags.port,
    maxBytes: flags.maxBytes,
    mode: flags.discard === true ? 'decode' : (flags.discard ?? 'store'),
    limits: flags.limits,
    faults: flags.faults,
    verifySequence: flags.verifySequence,
    recordPath: flags.record,
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected 0 … 65535');
  return port;
}

function parseSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined || bytes < 1) throw new InvalidArgumentError('expected a size such as 64MiB');
  return bytes;
}

function parseDiscard(text: string): 'decode' | 'body' {
  if (text !== 'decode' && text !== 'body') throw new InvalidArgumentError('expected decode or body');
  return text;
}

function parseLimits(text: string): Limits {
  if (text !== 'default' && text !== 'rates' && text !== 'none') {
    throw new InvalidArgumentError('expected default, rates or none');
  }
  return text;
}
