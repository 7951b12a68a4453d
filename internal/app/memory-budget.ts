import type { Config, SinkConfig } from '../config/config.ts';
import { deepFreeze } from '../config/deep-freeze.ts';

const MIB = 1 << 20;

/** What the agent takes by itself: heap, compiled code, buffers of its connections. */
const OWN_BYTES = 48 * MIB;
/** Part of the rest that lines under way may take: what was copied, encoded or sent waits for the collector. */
const SHARE = 0.4;
const LEAST_BUDGET_BYTES = 4 * MIB;
/** Part of the budget for batches in flight, and how often a line is in memory there: copied, encoded, compressed. */
const FLIGHT_SHARE = 0.25;
const COPIES = 2;
const LEAST_BATCH_BYTES = 64 << 10;

/**
 * The config with as much in memory as the process may use: the queue takes at most half of the budget, the parkings of
 * the sinks what the queue leaves, and batches are as small as it takes for all sinks to have their sends under way.
 * What does not fit goes to disk, or waits in its file, as always. `limitBytes` is that of the cgroup or the machine
 * (`process.constrainedMemory`); 0 means unknown. The config itself where it fits.
 */
export function withinMemory(config: Config, limitBytes: number): Config {
  if (limitBytes <= 0) return config;
  const budgetBytes = Math.max(LEAST_BUDGET_BYTES, (limitBytes - OWN_BYTES) * SHARE);
  const queueBytes = Math.min(config.dispatcher.queueBytes, Math.floor(budgetBytes / 2));
  const parkings = sumOf(config.sinks, ({ dispatch }) => dispatch.retryQueueBytes);
  const factor = Math.min(1, (budgetBytes - queueBytes) / parkings);
  const sends = sumOf(config.sinks, ({ dispatch }) => dispatch.workers);
  const batchBytes = Math.max(LEAST_BATCH_BYTES, Math.floor((budgetBytes * FLIGHT_SHARE) / COPIES / sends));
  const fits = ({ dispatch }: SinkConfig): boolean => dispatch.batchBytes <= batchBytes;
  if (queueBytes === config.dispatcher.queueBytes && factor === 1 && config.sinks.every(fits)) return config;
  const sinks = config.sinks.map(sink => {
    const { dispatch } = sink;
    const smaller = {
      batchBytes: Math.min(dispatch.batchBytes, batchBytes),
      retryQueueBytes: Math.ceil(dispatch.retryQueueBytes * factor),
    };
    return { ...sink, dispatch: { ...dispatch, ...smaller } };
  });
  return deepFreeze({ ...config, dispatcher: { ...config.dispatcher, queueBytes }, sinks });
}

/** Below this there is no room for the program's text beside what the agent takes: it is read again and again. */
const NEEDED_BYTES = 128 * MIB;

/** What there is to say of the memory that the process may use, if anything: `fitted` is what was made of `config`. */
export function memoryNotice(config: Config, fitted: Config, limitBytes: number): string | undefined {
  if (config === fitted) return undefined;
  const limit = `the memory limit is ${Math.floor(limitBytes / MIB)} MiB`;
  const bounds = 'queue, batches or parkings are smaller than configured (GET /api/v1/config shows them)';
  const advice = `; allow ${NEEDED_BYTES / MIB} MiB or more: about 60 MiB of the program itself count, too`;
  return `${limit}: ${bounds}${limitBytes < NEEDED_BYTES ? advice : ''}`;
}

function sumOf<T>(all: readonly T[], value: (one: T) => number): number {
  return all.reduce((sum, one) => sum + value(one), 0);
}
