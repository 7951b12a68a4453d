import type { Clock } from '../../pkg/clock/clock.ts';
import type { WatchedFs } from '../../pkg/fsx/watched-fs.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import type { RecentLine, RecentLines } from '../selflog/recent-lines.ts';

/** A call of the file system that takes longer will not come back: `/health` has to say so within 60 s. */
const STUCK_MS = 45_000;

/** The part of the log's keys in which a component's errors are. */
const LOG_PARTS: Readonly<Record<string, string>> = {
  positions: 'positions',
  dlq: 'dlq',
  file_monitor: 'file',
  docker_monitor: 'docker',
  server: 'server',
};

/** What a part that writes says of itself; it has failed while one of its file calls hangs. */
export function writerHealth(part: Component, fs: WatchedFs, clock: Clock): Health {
  const nowMs = clock.monotonicMs();
  const call = fs.oldest;
  if (call === undefined || nowMs - call.sinceMs < STUCK_MS) return part.health();
  const reason = `the disk does not answer: ${call.kind} of ${call.path} never came back`;
  return { status: 'failed', reason, sinceMs: clock.now() - (nowMs - call.sinceMs) };
}

/** A component's health with the last error in the log that is its own. */
export function withLastError(name: string, health: Health, recent: RecentLines): Health {
  const part = LOG_PARTS[name];
  const line = part === undefined ? undefined : recent.last(part);
  return line === undefined
    ? health
    : { ...health, lastError: { atMs: Date.parse(line.time), message: textOf(line) } };
}

function textOf({ msg, reason }: RecentLine): string {
  return typeof reason === 'string' ? `${msg}: ${reason}` : msg;
}
