import type { ChunkMemory } from './chunk-memory.ts';
import type { FilePosition } from './identity.ts';

/**
 * How a step of a tailer ended. `more`: there may be more to read at once; `fresh`: something was new, and the end
 * was reached; `quiet`: nothing was new; `changed`: the content is not what was read, so it has to be read from the
 * start under a new track; `absent`: the path does not lead to the file any more; `stopped`: the agent stops.
 */
export type Step = 'more' | 'fresh' | 'quiet' | 'changed' | 'absent' | 'stopped';

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
