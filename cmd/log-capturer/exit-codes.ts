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

/**
 * Ends the process at once. Node.js waits for its threads, and one that reads from a mount that hangs never comes back:
 * then the process becomes another one, which the kernel gives no such threads.
 */
export function exitNow(code: number): void {
  const isReading = process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'));
  if (isReading)
    process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], process.env);
  process.exit(code);
}
