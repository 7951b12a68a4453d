import type { Health } from '../../pkg/types/ports.ts';
import { json, type Reply } from './reply.ts';

/** What is said of the components: the worst of them decides. */
export function healthBody(components: Readonly<Record<string, Health>>): {
  readonly status: Health['status'];
  readonly components: object;
} {
  const all = Object.values(components);
  const worst = (['failed', 'degraded'] as const).find(status => all.some(one => one.status === status));
  const told = Object.entries(components).map(([name, { status, reason, sinceMs, lastError }]) => {
    const last_error = lastError && { at: time(lastError.atMs), message: lastError.message };
    return [name, { status, reason, since: time(sinceMs), last_error }];
  });
  return { status: worst ?? 'ok', components: Object.fromEntries(told) };
}

/**
 * The answer of `/health`: 503 when a component has failed (a stage is stuck), 200 otherwise, for what is only degraded
 * (a sink that is down, a disk that is full) a restart would not mend.
 */
export function healthReply(components: Readonly<Record<string, Health>>): Reply {
  const body = healthBody(components);
  return json(body.status === 'failed' ? 503 : 200, body);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
