import type { ChunkMemory } from './chunk-memory.ts';
import type { FilePosition } from './identity.ts';

/** A read of less costs more than the lines in it. */
const TRICKLE_BYTES = 4_096;

/**
 * How a step of a tailer ended. `more`: there may be more to read at once; `fresh`: something was new, and the end was
 * reached; `trickle`: so it was, with little that was new; `quiet`: nothing was new; `changed`: the content is not what
 * was read, so it has to be read from the start under a new track; `absent`: the path does not lead to the file any
 * more; `stopped`: the agent stops.
 */
export type Step = 'more' | 'fresh' | 'trickle' | 'quiet' | 'changed' | 'absent' | 'stopped';

/** How a step ended that reached the end of the file. */
export type EndStep = Extract<Step, 'fresh' | 'trickle' | 'quiet'>;

/** Whether the step reached the end of the file. */
export function isEnd(step: Step): step is EndStep {
  return step === 'fresh' || step === 'trickle' || step === 'quiet';
}

/** How a step ends that reached the end, which is so much further than before, or not as far. */
export function endStep(newBytes: number): EndStep {
  if (newBytes === 0) return 'quiet';
  return newBytes > 0 && newBytes < TRICKLE_BYTES ? 'trickle' : 'fresh';
}

/** What follows from a read: a step alone, or records that are to be sent, and the position behind them. */
export type Outcome =
  | { readonly step: Step; readonly runs?: undefined }
  | { readonly step: Step; readonly runs: readonly ChunkMemory[]; readonly end: FilePosition };

/** Where a read ends: bounded by a passage, with as much as can be read at once, for good. */
export interface ReadEnd {
  readonly isBounded: boolean;
  readonly isFull: boolean;
  readonly isFinal: boolean;
}
