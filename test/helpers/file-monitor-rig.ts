import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { FileMonitor, type FileMonitorOptions } from '../../internal/monitors/file/file-monitor.ts';
import type { FileSource } from '../../internal/monitors/file/source.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { CollectingPublisher, Cutoff } from './collecting-publisher.ts';
import { fileSource, temporaryFolder } from './file-source.ts';
import { MemoryPositions } from './memory-positions.ts';

/** A file monitor on a folder of its own, with what it publishes. */
export interface FileRig {
  readonly folder: string;
  readonly publisher: CollectingPublisher;
  /** What is remembered; after `restart` that of the new agent. */
  positions: MemoryPositions;
  /** The agent that runs. */
  monitor: FileMonitor;
  path(name: string): string;
  /** Starts an agent on what `positions` remembers. */
  start(): Promise<void>;
  /** Ends the agent as a kill would leave its positions, without starting the next. */
  kill(): Promise<void>;
}

/** The pattern is `*.log` in the folder unless `paths` are given, which then are names in it. */
export async function fileRig(
  t: TestContext,
  given: Partial<FileSource> = {},
  options: Partial<FileMonitorOptions> = {},
): Promise<FileRig> {
  // Before the folder is removed, or all its files would be followed to their end first.
  t.after(() => rig.monitor.close());
  const folder = await temporaryFolder(t);
  const paths = (given.paths ?? ['*.log']).map(name => join(folder, name));
  const publisher = new CollectingPublisher();
  let way = new Cutoff(publisher);
  const make = (positions: MemoryPositions): FileMonitor => {
    way = new Cutoff(publisher);
    return new FileMonitor({
      sources: [fileSource({ ...given, paths })],
      positions,
      publisher: way,
      streams: new StreamRegistry(),
      clock: systemClock,
      logger: silentLogger,
      metrics: silentMetrics,
      ownPaths: [],
      ...options,
    });
  };
  const positions = new MemoryPositions();
  const rig: FileRig = {
    folder,
    publisher,
    positions,
    monitor: make(positions),
    path: name => join(folder, name),
    start: async () => {
      rig.monitor = make(rig.positions);
      await rig.monitor.start();
    },
    kill: async () => {
      way.cut();
      const remembered = rig.positions.restarted();
      await rig.monitor.close();
      rig.positions = remembered;
    },
  };
  return rig;
}

/** `line FROM\n … line TO-1\n`. */
export function numbered(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');
}

/** The lines of `numbered`. */
export function numberedLines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `line ${from + i}`);
}
