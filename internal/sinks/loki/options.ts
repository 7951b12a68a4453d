import type { LokiSinkConfig } from './spec.ts';

/** What a Loki sink is made of: its block of the config, and what its lane says. */
export interface LokiSinkOptions extends LokiSinkConfig {
  readonly name: string;
  /** Sends in flight at most, so connections at most. */
  readonly workers: number;
}
