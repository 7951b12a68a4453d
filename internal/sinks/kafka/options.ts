import type { KafkaSinkConfig } from './spec.ts';

/** What a Kafka sink is made of: its block of the config, and its name. */
export interface KafkaSinkOptions extends KafkaSinkConfig {
  readonly name: string;
}
