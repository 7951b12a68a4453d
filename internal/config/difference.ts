import type { Config } from './config.ts';
import { isSame } from './same.ts';

/** What became of a list of named parts. */
export interface Changes<T> {
  readonly added: readonly T[];
  readonly changed: readonly T[];
  /** As they were. */
  readonly removed: readonly T[];
}

/** How `next` differs from `now`; parts are the same part where their names are. */
export function changesOf<T extends { readonly name: string }>(
  now: readonly T[],
  next: readonly T[],
): Changes<T> {
  const before = new Map(now.map(part => [part.name, part]));
  const names = new Set(next.map(({ name }) => name));
  return {
    added: next.filter(({ name }) => !before.has(name)),
    changed: next.filter(part => before.has(part.name) && !isSame(before.get(part.name), part)),
    removed: now.filter(({ name }) => !names.has(name)),
  };
}

/** Keys that take effect at once; those of sources and sinks are looked at part by part. */
const LIVE_KEYS = ['log.level', 'log.format', 'server.token', 'dispatcher.shutdown_timeout'];
/** Keys that a running agent keeps; they are a path, or a block with all in it. */
const START_KEYS = [
  'state_dir',
  'server.enabled',
  'server.host',
  'server.port',
  'dispatcher.queue_size',
  'dispatcher.queue_bytes',
  'dlq',
];

/** The keys outside of sources and sinks that differ: those that take effect at once, and those that need a restart. */
export function changedKeys(
  now: Config,
  next: Config,
): { live: readonly string[]; start: readonly string[] } {
  const differs = (key: string): boolean => !isSame(valueAt(now, key), valueAt(next, key));
  return { live: LIVE_KEYS.filter(differs), start: START_KEYS.filter(differs) };
}

/** `next`, as far as a running agent can take it over from `now`. */
export function takenOver(now: Config, next: Config): Config {
  const { enabled, host, port } = now.server;
  const { queueSize, queueBytes } = now.dispatcher;
  return {
    ...next,
    stateDir: now.stateDir,
    server: { ...next.server, enabled, host, port },
    dispatcher: { ...next.dispatcher, queueSize, queueBytes },
    dlq: now.dlq,
  };
}

/** The value of a key as it is written; durations have their unit in the name. */
function valueAt(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const step of key.split('.')) {
    const name = step.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const block = value as Readonly<Record<string, unknown>>;
    value = block[name] ?? block[`${name}Ms`];
  }
  return value;
}
