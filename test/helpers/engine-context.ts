import { silentMetrics } from '../../internal/metrics/metrics.ts';
import type { Container } from '../../internal/monitors/docker/container.ts';
import {
  type ContainerMeta,
  type ContainerTrack,
  type EngineContext,
  engineCounters,
} from '../../internal/monitors/docker/context.ts';
import { type DockerPosition, START } from '../../internal/monitors/docker/cursor.ts';
import { EngineClient } from '../../internal/monitors/docker/engine-client.ts';
import { FileReads } from '../../internal/monitors/docker/file-reads.ts';
import type { DockerEngineConfig } from '../../internal/monitors/docker/spec.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { CollectingPublisher } from './collecting-publisher.ts';
import { MemoryPositions } from './memory-positions.ts';

export const NO_FILTER = { names: [], images: [], labels: {} };

/** An engine as the config gives it; `given` replaces single things. */
export function engineConfig(given: Partial<DockerEngineConfig> = {}): DockerEngineConfig {
  return {
    ...{
      name: 'test',
      host: 'unix:///nowhere.sock',
      include: NO_FILTER,
      exclude: NO_FILTER,
      read: 'api',
      root: '/',
    },
    ...{ optIn: false, labels: {}, startAt: 'beginning', tls: undefined },
    ...given,
  } as DockerEngineConfig;
}

/** What the parts of an engine share; `given` replaces single things. */
export function engineContext(given: Partial<EngineContext> = {}): EngineContext {
  const { config = engineConfig(), clock = systemClock } = given;
  return {
    ...{ config, clock, logger: silentLogger, random: () => 0.5 },
    fileReads: new FileReads(),
    client: new EngineClient(config, clock, () => true),
    positions: new MemoryPositions(),
    publisher: new CollectingPublisher(),
    streams: new StreamRegistry(),
    counters: engineCounters(silentMetrics, config.name),
    stopping: new AbortController().signal,
    ...given,
  };
}

/** A container that runs; `given` replaces single things. */
export function testContainer(given: Partial<Container> = {}): Container {
  return {
    ...{ id: 'c'.repeat(64), name: 'app', image: 'app:1', labels: {}, hasTerminal: false, isRunning: true },
    ...{
      finishedAt: '0001-01-01T00:00:00Z',
      logDriver: 'json-file',
      logPath: '',
      logFileBytes: undefined,
      isLogCompressed: false,
    },
    ...given,
  };
}

/** The memory of a container; made where there is none. */
export function trackOf(positions: MemoryPositions, { id, name }: Container): ContainerTrack {
  const [known] = positions.tracks<DockerPosition, ContainerMeta>('docker');
  const meta = { engine: 'test', id, name, finishedAt: null };
  return known ?? positions.create<DockerPosition, ContainerMeta>('docker', `test/${id}`, meta, START);
}
