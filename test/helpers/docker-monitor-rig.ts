import type { TestContext } from 'node:test';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { DockerMonitor } from '../../internal/monitors/docker/docker-monitor.ts';
import type { DockerEngineConfig } from '../../internal/monitors/docker/spec.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { type Clock, systemClock } from '../../pkg/clock/clock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { CollectingPublisher } from './collecting-publisher.ts';
import { engineConfig } from './engine-context.ts';
import { FakeDockerEngine } from './fake-docker-engine.ts';
import { MemoryPositions } from './memory-positions.ts';
import { scopeOf } from './scope.ts';

export interface DockerMonitorRig {
  readonly engine: FakeDockerEngine;
  /** Where it listens. */
  readonly host: string;
  readonly publisher: CollectingPublisher;
  readonly positions: MemoryPositions;
  readonly monitor: DockerMonitor;
}

/** A fake engine, and a monitor of it that has not been started. */
export async function dockerMonitorRig(
  t: TestContext,
  config: Partial<DockerEngineConfig> = {},
  clock: Clock = systemClock,
): Promise<DockerMonitorRig> {
  const scope = scopeOf(t);
  const engine = new FakeDockerEngine();
  const host = config.host ?? (await engine.listen(scope));
  const [publisher, positions] = [new CollectingPublisher(), new MemoryPositions()];
  const monitor = new DockerMonitor({
    ...{ positions, publisher, streams: new StreamRegistry(), clock, logger: silentLogger },
    ...{ metrics: silentMetrics, random: () => 0.01, ownIds: [] },
    engines: [engineConfig({ ...config, host })],
  });
  scope.after(() => monitor.close());
  return { engine, host, publisher, positions, monitor };
}
