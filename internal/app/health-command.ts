import type { Config } from '../config/config.ts';
import { askAgent } from './api-client.ts';

/** What `/health` answers. */
export interface HealthAnswer {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly components: Readonly<
    Record<string, { readonly status: string; readonly since: string; readonly reason?: string }>
  >;
}

/** Asks the running agent how it is; rejects with `LC_SERVER_REQUEST` when it does not answer. */
export async function askHealth(config: Config): Promise<HealthAnswer> {
  return (await askAgent<HealthAnswer>(config.server, '/health')).body;
}
