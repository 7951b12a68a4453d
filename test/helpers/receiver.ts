import type { ExportedLine } from '../../internal/receiver/export.ts';
import type { FaultRequest } from '../../internal/receiver/faults.ts';
import type { SequenceReport } from '../../internal/receiver/routes.ts';
import type { ReceiverStats } from '../../internal/receiver/stats.ts';
import { startProgram, type TestScope } from './process.ts';

/** Command line options of the receiver, by their names in `receive --help`. */
export interface TestReceiverOptions {
  readonly port?: number;
  readonly maxBytes?: number;
  readonly discard?: 'decode' | 'body';
  readonly limits?: 'default' | 'rates' | 'none';
  readonly faults?: boolean;
  readonly verifySequence?: boolean;
  readonly record?: string;
}

/** A receiver, wherever it runs. */
export interface ReceiverView {
  readonly url: string;
  stats(): Promise<ReceiverStats>;
  /** Resolves with the stats as soon as they are as wanted. */
  until(isReached: (stats: ReceiverStats) => boolean): Promise<ReceiverStats>;
  /** The lines that are kept and match (default: all), oldest first. */
  lines(selector?: string): Promise<string[]>;
  /** Every line that is kept, in order of arrival, with its labels and time. */
  export(): AsyncIterable<ExportedLine>;
  /** What arrived by number; needs `verifySequence`. */
  sequence(): Promise<SequenceReport>;
  /** Adds faults and limits; needs `faults`. */
  faults(request: FaultRequest): Promise<void>;
  /** Takes faults and changed limits back, and ends what hangs. */
  clearFaults(): Promise<void>;
}

/** A receiver in a process of its own. */
export interface TestReceiver extends ReceiverView {
  readonly port: number;
  readonly pid: number;
  /** Ends it: what is sent to it from now on is refused. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a receiver and waits until it listens. It ends with the test `scope` at the latest. */
export async function startReceiver(
  scope: TestScope,
  options: TestReceiverOptions = {},
): Promise<TestReceiver> {
  const program = startProgram(scope, ['receive', ...flags(options)]);
  const url = (await program.line('stdout', /^listening on /)).slice('listening on '.length);
  return {
    ...receiverAt(url),
    port: Number(new URL(url).port),
    pid: program.pid,
    async stop(signal = 'SIGTERM') {
      program.child.kill(signal);
      await program.exited;
    },
  };
}

/** The receiver that listens at `url`. */
export function receiverAt(url: string): ReceiverView {
  const stats = async (after = -1): Promise<ReceiverStats> =>
    (await getJson(`${url}/stats?after=${after}`)) as ReceiverStats;
  return {
    url,
    stats: () => stats(),
    async until(isReached) {
      let now = await stats();
      while (!isReached(now)) now = await stats(now.pushes);
      return now;
    },
    lines: selector => queryLines(url, selector),
    export: () => exportedLines(url),
    sequence: async () => (await getJson(`${url}/sequence`)) as SequenceReport,
    faults: request => setFaults(url, 'POST', request),
    clearFaults: () => setFaults(url, 'DELETE'),
  };
}

function flags(options: TestReceiverOptions): string[] {
  const args = ['--port', String(options.port ?? 0)];
  if (options.maxBytes !== undefined) args.push('--max-bytes', String(options.maxBytes));
  if (options.discard !== undefined) args.push('--discard', options.discard);
  if (options.limits !== undefined) args.push('--limits', options.limits);
  if (options.faults) args.push('--faults');
  if (options.verifySequence) args.push('--verify-sequence');
  if (options.record !== undefined) args.push('--record', options.record);
  return args;
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function queryLines(url: string, selector = '{}'): Promise<string[]> {
  const query = `query=${encodeURIComponent(selector)}&start=0&end=9999999999&limit=10000000&direction=forward`;
  const { data } = (await getJson(`${url}/loki/api/v1/query_range?${query}`)) as {
    data: { result: { values: [string, string][] }[] };
  };
  const values = data.result.flatMap(stream => stream.values);
  return values
    .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0))
    .map(([, line]) => line);
}

async function* exportedLines(url: string): AsyncIterable<ExportedLine> {
  const { body } = await fetch(`${url}/export`);
  if (body === null) throw new Error('the export has no body');
  let rest = '';
  // Only a newline ends a line here; `readline` takes others for line ends too.
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line) as ExportedLine;
  }
}

async function setFaults(url: string, method: 'POST' | 'DELETE', request?: FaultRequest): Promise<void> {
  const body = request === undefined ? null : JSON.stringify(request);
  const response = await fetch(`${url}/faults`, { method, body });
  if (!response.ok) throw new Error(`faults: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}
