import type { DeadLetters } from '../../pkg/types/dead-letters.ts';

/** Dead letters for benchmarks of the dispatcher in which none can come up: to store one fails the run. */
export const NO_LETTERS: DeadLetters = {
  store: () => Promise.reject(new Error('a benchmark without dead letters made one')),
  room: () => Promise.resolve(),
  replayable: () => 0,
  take: () => Promise.resolve([]),
};
