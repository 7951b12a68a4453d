/** The outputs of a container, by number; also the `stream` label of their lines. */
export const OUTPUTS = ['stdout', 'stderr'] as const;
export type OutputName = (typeof OUTPUTS)[number];

/**
 * Reads the entries of a log in which every line tells when a container wrote to which output, and what: a whole line
 * or a piece of one. What was read last stands in its fields, so that an entry costs no object.
 */
export interface EntryReader {
  /** An index into `OUTPUTS`. */
  readonly output: number;
  /** When it was written; only where `isTimed`. */
  readonly sec: number;
  readonly nanos: number;
  readonly isTimed: boolean;
  /** Forgets what it knows of the bytes: others follow. */
  begin(): void;
  /** Whether `bytes[from … to)` is an entry. It was read to its LF, which is left out; entries are read in order. */
  read(bytes: Buffer, from: number, to: number): boolean;
  /**
   * Writes the text of the entry that was read last to `target` at `at`, with a LF where the line ends with it: never
   * more than the entry has, with its own LF. Returns where it ends, or -1 where it turns out to be no entry.
   */
  put(target: Buffer, at: number): number;
}
