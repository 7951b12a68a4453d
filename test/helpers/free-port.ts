import { once } from 'node:events';
import { createServer } from 'node:net';
import { systemCode } from '../../pkg/errors/errors.ts';

/** Below what Linux gives to those who ask for any port, so that nobody else gets it while a test leaves it alone. */
const FIRST = 20_000;
const COUNT = 12_000;
/** Test files run side by side: each process has some ports of its own. */
const PER_PROCESS = 16;

let given = 0;

/** A port of 127.0.0.1 on which nobody listens, also for some time to come: for servers that come and go. */
export async function freePort(): Promise<number> {
  const port = FIRST + ((process.pid * PER_PROCESS + given++) % COUNT);
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return port;
  } catch (error) {
    // Somebody has it: the next one.
    if (systemCode(error) !== 'EADDRINUSE') throw error;
    return freePort();
  } finally {
    server.close();
  }
}
