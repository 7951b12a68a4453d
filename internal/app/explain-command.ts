import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { systemClock } from '../../pkg/clock/clock.ts';
import { systemCode } from '../../pkg/errors/errors.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import { Lock } from '../../pkg/lock/lock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import type { Config } from '../config/config.ts';
import { LOCK_NAME } from '../dlq/directory.ts';
import { silentMetrics } from '../metrics/metrics.ts';
import { FileMonitor } from '../monitors/file/file-monitor.ts';
import type { PathReport } from '../monitors/file/source-monitor.ts';
import { type RememberedTrack, readPositions } from '../positions/remembered.ts';
import { silentLogger } from '../selflog/logger.ts';
import { askAgentWell } from './api-client.ts';
import type { Explanation } from './explain.ts';
import { isArchive } from './sinks.ts';

/** What a state directory and a config say of a path or a container, while no agent runs. */
export interface OfflineExplanation {
  readonly target: string;
  /** What each source would make of the path. */
  readonly files: readonly PathReport[];
  /** What is remembered of it. */
  readonly remembered: readonly RememberedTrack[];
  /** Size of the file that stands there. */
  readonly size_bytes: number | null;
}

export type ExplainAnswer =
  | (Explanation & { readonly agent: true })
  | (OfflineExplanation & { readonly agent: false });

/**
 * What there is to know of `target`, a path or a container: from the agent that runs on the state directory, else from what
 * is on disk. Rejects with `LC_SERVER_REQUEST` when the agent does not answer, and with `LC_STATE_UNREADABLE`.
 */
export async function explainTarget(config: Config, target: string): Promise<ExplainAnswer> {
  const subject = target.includes('/') ? resolve(target) : target;
  const holder = await new Lock(nodeFs, join(config.stateDir, 'dlq', LOCK_NAME)).holder();
  if (holder !== undefined) {
    const path = `/api/v1/explain?target=${encodeURIComponent(subject)}`;
    return { agent: true, ...(await askAgentWell<Explanation>(config.server, path)) };
  }
  return { agent: false, ...(await explainOffline(config, subject)) };
}

async function explainOffline(config: Config, target: string): Promise<OfflineExplanation> {
  const isPath = isAbsolute(target);
  const positions = join(config.stateDir, 'positions');
  const tracks = (await exists(positions)) ? (await readPositions(nodeFs, positions)).tracks : [];
  return {
    target,
    files: isPath ? rulesOf(config).explain(target) : [],
    remembered: tracks.filter(track => isMeant(track, target)),
    size_bytes: isPath ? await sizeOf(target) : null,
  };
}

function isMeant({ name, meta }: RememberedTrack, target: string): boolean {
  const id = meta !== null && typeof meta === 'object' && 'id' in meta ? meta.id : undefined;
  return name === target || (typeof id === 'string' && target.length >= 4 && id.startsWith(target));
}

/** A monitor that is never started knows the rules, and touches nothing. */
function rulesOf(config: Config): FileMonitor {
  const nowhere = (): never => {
    throw new Error('a monitor that is not started reads nothing');
  };
  return new FileMonitor({
    sources: config.fileMonitor.sources,
    positions: { tracks: nowhere, create: nowhere, writable: nowhere },
    publisher: { publish: nowhere },
    ...{ streams: new StreamRegistry(), clock: systemClock, logger: silentLogger, metrics: silentMetrics },
    ownPaths: [resolve(config.stateDir)],
    isOwn: path => isArchive(config, path),
  });
}

async function sizeOf(path: string): Promise<number | null> {
  return (await exists(path)) ? (await stat(path)).size : null;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
