import type { Health } from '../../pkg/types/ports.ts';

const ORDER = ['failed', 'degraded', 'ok'] as const;

/** What several parts of one kind say together: the first of the worst. There is at least one. */
export function worstOf(all: readonly Health[]): Health {
  const worst = ORDER.find(status => all.some(health => health.status === status));
  return all.find(({ status }) => status === worst)!;
}
