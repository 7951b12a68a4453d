/** What the process ends with; scripts and process managers rely on these. */
export const EXIT = {
  ok: 0,
  /** A crash, or a command that could not do its work. */
  failure: 1,
  /** A bad config, or a command line that was not understood. */
  usage: 2,
  /** The drain deadline passed with lines left; the last log line has the counts. */
  drainDeadline: 3,
} as const;
