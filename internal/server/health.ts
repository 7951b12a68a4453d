import type { Health } from '../../pkg/types/ports.ts';
import { json, type Reply } from './reply.ts';

/**
 * The answer of `/health`. The worst component decides: 503 when one has failed (a stage is stuck), 200
 * otherwise, for what is only degraded (a sink that is down, a disk that is full) a restart would not
 * mend.
 */
export function healthReply(components: Readonly<Record<string, Health>>): Reply {
  const all = Object.values(components);
  const worst = (['failed', 'degraded'] as const).find(status => all.some(one => one.status === status));
  const told = Object.entries(components).map(([name, { status, reason, sinceMs, lastError }]) => {
    const last_error = lastError && { at: time(lastError.atMs), message: lastError.message };
    return [name, { status, reason, since: time(sinceMs), last_error }];
  });
  const body = { status: worst ?? 'ok', components: Object.fromEntries(told) };
  return json(worst === 'failed' ? 503 : 200, body);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
