import { join } from 'node:path';
import type { Clock } from '../../pkg/clock/clock.ts';
import { errorText } from '../../pkg/errors/errors.ts';
import { type Fs, writeAll } from '../../pkg/fsx/fs.ts';
import type { Logger } from '../selflog/logger.ts';
import { AUDIT_NAME, OLD_AUDIT_NAME } from './directory.ts';
import { sizeIfThere } from './files.ts';
import type { LetterFilter } from './letter-search.ts';
import type { Order, OrderResult } from './orders.ts';

export interface AuditEntry {
  readonly order: Order;
  /** Who ordered it: a person on this machine, or the API. */
  readonly by: string;
  readonly filter: LetterFilter;
  readonly result: OrderResult;
}

/** Beyond this size a new file is begun; the one before is kept. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Writes a line for each order that was carried out, to `audit.ndjson` beside the letters. A disk that refuses does not
 * undo the order, which may be what makes room there: the line goes to the agent's own log then.
 */
export async function audit(
  {
    dir,
    fs,
    clock,
    logger,
  }: { readonly dir: string; readonly fs: Fs; readonly clock: Clock; readonly logger: Logger },
  { order, by, filter, result }: AuditEntry,
): Promise<void> {
  const { sinceMs, ...rest } = filter;
  const since = sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
  const entry = {
    time: new Date(clock.now()).toISOString(),
    order,
    by,
    filter: { ...rest, since },
    ...result,
  };
  logger.info('dlq.order', 'a person changed the dead letters', entry);
  const path = join(dir, AUDIT_NAME);
  try {
    if ((await sizeIfThere(fs, path)) > MAX_BYTES) await fs.rename(path, join(dir, OLD_AUDIT_NAME));
    const file = await fs.open(path, 'a');
    try {
      await writeAll(file, Buffer.from(`${JSON.stringify(entry)}\n`), null);
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    logger.warn('dlq.audit', `the audit line cannot be written: ${errorText(error)}`, { path });
  }
}
