import { userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import { Lock } from '../../pkg/lock/lock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import type { Config } from '../config/config.ts';
import { type OrderAnswer, requestOf } from '../dlq/api.ts';
import { DeadLetterQueue } from '../dlq/dead-letter-queue.ts';
import { LOCK_NAME } from '../dlq/directory.ts';
import { isEverything, type LetterFilter } from '../dlq/letter-search.ts';
import {
  countLetters,
  type LetterGroup,
  type ListedLetter,
  type Listing,
  listLetters,
  readShelves,
} from '../dlq/listing.ts';
import type { Order } from '../dlq/orders.ts';
import { silentMetrics } from '../metrics/metrics.ts';
import { SelfLog } from '../selflog/self-log.ts';
import { askAgentWell } from './api-client.ts';

export type { LetterFilter, LetterGroup, ListedLetter, Listing, Order, OrderAnswer };
export { isEverything };

/** Hears of the bytes read so far, and in all. */
export type OnProgress = (bytes: number, total: number) => void;

/**
 * Reads the letters in a state directory, beside a running agent too, and changes nothing. Rejects with
 * `LC_STATE_UNREADABLE`.
 */
export async function listDeadLetters(
  stateDir: string,
  filter: LetterFilter,
  onProgress: OnProgress,
): Promise<Listing> {
  const dir = join(stateDir, 'dlq');
  try {
    return await listLetters(nodeFs, await readShelves(nodeFs, dir), filter, onProgress);
  } catch (error) {
    throw new LcError('LC_STATE_UNREADABLE', {
      message: `no dead letters can be read from ${dir}: ${errorText(error)}`,
      advice: 'Check the state_dir, and run this as the user of the agent.',
      cause: error,
    });
  }
}

/**
 * Replays or purges letters: through the API of the agent that runs on the state directory, else in the directory
 * itself, where letters to be replayed are marked, and go when the agent starts. Rejects with `LC_SERVER_REQUEST` when
 * the agent refuses or does not answer, and with the errors of `DeadLetterQueue.start`.
 */
export async function orderDeadLetters(
  config: Config,
  order: Order,
  filter: LetterFilter,
  isDry: boolean,
): Promise<OrderAnswer & { readonly agent: boolean }> {
  const dir = join(config.stateDir, 'dlq');
  const holder = await new Lock(nodeFs, join(dir, LOCK_NAME)).holder();
  if (holder !== undefined) return { ...(await ask(config, order, filter, isDry)), agent: true };
  if (!isDry) return { ...(await orderInFolder(config, dir, order, filter)), agent: false };
  const counts = await countLetters(nodeFs, await readShelves(nodeFs, dir), filter);
  return { order, dry_run: true, ...counts, under_way: 0, agent: false };
}

function ask(config: Config, order: Order, filter: LetterFilter, isDry: boolean): Promise<OrderAnswer> {
  const request = { method: 'POST', body: requestOf(filter, isDry) } as const;
  return askAgentWell<OrderAnswer>(config.server, `/api/v1/dlq/${order}`, request);
}

async function orderInFolder(
  config: Config,
  dir: string,
  order: Order,
  filter: LetterFilter,
): Promise<OrderAnswer> {
  const clock = systemClock;
  const selfLog = new SelfLog({ level: 'warn', format: 'text' }, { clock, output: process.stderr });
  const queue = new DeadLetterQueue({
    ...{
      dir,
      fs: nodeFs,
      clock,
      logger: selfLog.root,
      metrics: silentMetrics,
      streams: new StreamRegistry(),
    },
    config: config.dlq,
  });
  try {
    await queue.start();
    const { records, bytes, underWay } = await queue.carryOut(order, filter, { isDry: false, by: orderer() });
    return { order, dry_run: false, records, bytes, under_way: underWay };
  } finally {
    await queue.close();
    selfLog.close();
  }
}

/** For the audit. A user id without a name is its number. */
function orderer(): string {
  try {
    return `command, user ${userInfo().username}`;
  } catch {
    return `command, user ${process.getuid?.() ?? 'unknown'}`;
  }
}
