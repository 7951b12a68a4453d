import type { StreamEnd } from './log-stream.ts';

/** `news` are new lines, or that there were none for a while; `repeats` lines that are known. */
export type Brought = 'news' | 'repeats' | 'nothing';

/** What one connection to the log of a container brought. */
export interface ConnectionResult {
  readonly end: StreamEnd;
  readonly brought: Brought;
}

/** One try to read the log of a container. */
export interface Connection {
  /** For `explain` and the status page. */
  readonly waitsFor: string;
  /** Resolves when it has ended and what it brought is sent, as far as it is whole. */
  run(): Promise<ConnectionResult>;
  /** Reads no more. */
  close(): void;
  /** The container has ended: what is there now is all. */
  finish(): void;
}
