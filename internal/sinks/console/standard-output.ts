import { fstatSync, write as writeCallback } from 'node:fs';
import { promisify } from 'node:util';

/** Where a console sink writes. */
export interface Output {
  /** Resolves when the kernel has all of it, which is as long as the reader takes; one call at a time. */
  write(bytes: Buffer): Promise<void>;
}

const write = promisify(writeCallback);
const STDOUT = 1;

/**
 * The standard output of the process. What Node.js writes to a terminal or a file holds up everything else until it is
 * done (Ctrl-S in a terminal is enough), so that these are written by a thread.
 */
export const standardOutput: Output = {
  write: bytes => {
    const stats = fstatSync(STDOUT);
    return stats.isFIFO() || stats.isSocket() ? writeToPipe(bytes) : writeToFile(bytes);
  },
};

function writeToPipe(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const { stdout } = process;
    // A stream tells of a failure twice, and the event that nobody hears would end the process.
    if (stdout.listenerCount('error', ignore) === 0) stdout.on('error', ignore);
    stdout.write(bytes, error => (error ? reject(error) : resolve()));
  });
}

function ignore(): void {
  // The callback of the write is told.
}

async function writeToFile(bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await write(STDOUT, bytes, done, bytes.length - done, null)).bytesWritten;
}
