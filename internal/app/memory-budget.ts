import type { Config } from '../config/config.ts';

/** Part of the memory limit that lines under way may take; the rest is for code, buffers in flight and the collector. */
const SHARE = 0.4;

/**
 * The factor by which the parking of every lane has to shrink so that queue and parkings fit into the memory that the
 * process may use; 1 where they do. `limitBytes` is that of the cgroup or the machine (`process.constrainedMemory`); 0
 * means unknown. At least a tenth is left: what does not fit goes to disk, as always.
 */
export function parkingFactor(config: Config, limitBytes: number): number {
  if (limitBytes <= 0) return 1;
  const parkings = config.sinks.reduce((sum, { dispatch }) => sum + dispatch.retryQueueBytes, 0);
  const left = limitBytes * SHARE - config.dispatcher.queueBytes;
  return Math.min(1, Math.max(0.1, left / parkings));
}

/** What an agent takes when it has hardly anything to do, with some room for what is under way. */
const NEEDED_BYTES = 128 << 20;

/** Why the process may be killed before long, if it may be: the limit is below what the agent takes by itself. */
export function memoryWarning(limitBytes: number): string | undefined {
  if (limitBytes <= 0 || limitBytes >= NEEDED_BYTES) return undefined;
  const mebibytes = (bytes: number): string => `${Math.floor(bytes / (1 << 20))} MiB`;
  return `the memory limit is ${mebibytes(limitBytes)}, and the agent takes about 100 MiB when idle: the kernel may end it; allow ${mebibytes(NEEDED_BYTES)} or more`;
}
