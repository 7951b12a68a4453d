import type { DockerPosition } from './cursor.ts';

/**
 * What a follower does. `reading`: it has a connection; `retrying`: its connection broke, and it waits for the next try;
 * `disconnected`: its engine cannot be reached; `stopped`: its container does not run, and its log has been read to the
 * end; `unreadable`: its log driver gives nothing back; `gone`: the engine has no such container.
 */
export type FollowerState =
  | 'starting'
  | 'reading'
  | 'retrying'
  | 'disconnected'
  | 'stopped'
  | 'unreadable'
  | 'gone';

/** What `explain` and the status page say of a follower. */
export interface FollowerStatus {
  readonly state: FollowerState;
  /** Behind what was published. */
  readonly position: DockerPosition;
  /** Why it does not read at present, or did not lately. */
  readonly failure: string | undefined;
  /** Whether that has happened several times in a row. */
  readonly isPersistent: boolean;
  readonly waitsFor: string;
}

/** What a follower in this state waits for; `connection`: what its connection does. */
export function waitsFor(state: FollowerState, connection: string | undefined): string {
  if (state === 'reading' || state === 'starting') return connection ?? 'a connection';
  if (state === 'retrying') return 'the next try';
  if (state === 'disconnected') return 'the engine';
  return state === 'gone' ? 'its last lines to be settled' : 'the container to be started';
}
