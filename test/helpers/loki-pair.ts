import { DEFAULT_LIMITS, type Limits } from '../../internal/receiver/options.ts';
import type { LokiSink } from '../../internal/sinks/loki/sink.ts';
import type { Batch, Part } from '../../pkg/types/batch.ts';
import type { Outcome } from '../../pkg/types/outcome.ts';
import { partOf } from './batches.ts';
import { testChunk, testStream } from './chunks.ts';
import { type LocalReceiver, NOW_MS, startLocalReceiver } from './local-receiver.ts';
import { makeLokiSink, stoppedAt } from './loki-sink.ts';
import type { TestScope } from './process.ts';

/** A Loki sink, and a receiver that answers as Loki does. */
export interface LokiPair {
  readonly loki: LocalReceiver;
  readonly sink: LokiSink;
  send(batch: Batch): Promise<Outcome>;
}

export interface LokiPairOptions {
  readonly path?: string;
  readonly limits?: Partial<Limits>;
  /** Keys of the sink's config. */
  readonly sink?: Readonly<Record<string, unknown>>;
}

/** Both end with the test. */
export async function connectLoki(scope: TestScope, options: LokiPairOptions = {}): Promise<LokiPair> {
  const limits = { ...DEFAULT_LIMITS, rateBurstBytes: 64 << 20, ...options.limits };
  const loki = await startLocalReceiver(scope, { limits });
  const url = loki.url + (options.path ?? '/loki/api/v1/push');
  const sink = makeLokiSink({ url, ...options.sink }, { clock: stoppedAt(NOW_MS) });
  scope.after(() => sink.close());
  return { loki, sink, send: batch => sink.send(batch, new AbortController().signal) };
}

/** Lines of one stream, a nanosecond apart, or with a time of their own each: milliseconds from `nowMs`, the moment of the test. */
export function linesAt(
  labels: Readonly<Record<string, string>>,
  lines: readonly (string | readonly [line: string, afterMs: number])[],
  nowMs = NOW_MS,
): Part {
  const texts = lines.map(line => (typeof line === 'string' ? line : line[0]));
  const part = partOf(testChunk(texts, testStream(labels), nowMs).chunk);
  if (lines.every(line => typeof line === 'string')) return part;
  const times = new Uint32Array(lines.length * 2);
  lines.forEach((line, r) => {
    const atMs = nowMs + (typeof line === 'string' ? 0 : line[1]);
    times.set([Math.floor(atMs / 1000), (atMs % 1000) * 1e6 + r], r * 2);
  });
  return { ...part, times };
}
