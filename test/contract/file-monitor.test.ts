import { appendFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { FileMonitor } from '../../internal/monitors/file/file-monitor.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { fileSource } from '../helpers/file-source.ts';
import { monitorContract } from './monitor-contract.ts';

for (const watch of ['events', 'poll'] as const)
  monitorContract(`file monitor, watch: ${watch}`, async scope => {
    const folder = await scope.folder();
    return {
      open: (positions, publisher) =>
        new FileMonitor({
          ...{ positions, publisher, streams: new StreamRegistry(), ownPaths: [] },
          ...{ clock: systemClock, logger: silentLogger, metrics: silentMetrics },
          sources: [fileSource({ paths: [join(folder, '*')], watch })],
        }),
      add: async name => {
        const path = join(folder, name);
        await appendFile(path, '');
        return { write: (...lines) => appendFile(path, lines.map(line => `${line}\n`).join('')) };
      },
      nameLabel: 'filename',
      // A file of the kernel that gives an error to whoever reads it, also to root: the speed of no cable.
      obstruct: () => symlink('/sys/class/net/lo/speed', join(folder, 'unreadable')),
      complaint: /unreadable: .*EINVAL/,
    };
  });
