import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { DockerMonitor } from '../../internal/monitors/docker/docker-monitor.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { engineConfig } from '../helpers/engine-context.ts';
import { FakeDockerEngine } from '../helpers/fake-docker-engine.ts';
import { monitorContract } from './monitor-contract.ts';

for (const read of ['api', 'files'] as const)
  monitorContract(`Docker monitor, read: ${read}`, async scope => {
    const [engine, folder] = [new FakeDockerEngine(), await scope.folder()];
    const config = engineConfig({ read, host: await engine.listen(scope) });
    let containers = 0;
    return {
      open: (positions, publisher) =>
        new DockerMonitor({
          ...{ positions, publisher, streams: new StreamRegistry(), engines: [config] },
          ...{ clock: systemClock, logger: silentLogger, metrics: silentMetrics, ownIds: [] },
        }),
      add: async name => {
        const logPath = join(folder, `${containers++}-json.log`);
        await writeFile(logPath, '');
        const container = engine.add(name, { logPath });
        return { write: (...lines) => engine.print(container, ...lines) };
      },
      nameLabel: 'container_name',
      obstruct: async () => {
        engine.answer = (response: ServerResponse) =>
          void response.writeHead(502).end('<h1>Bad gateway</h1>');
        engine.hangUp();
      },
      complaint: /502 Bad gateway$/,
      clear: async () => {
        engine.answer = undefined;
      },
    };
  });
