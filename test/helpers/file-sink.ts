import { silentLogger } from '../../internal/selflog/logger.ts';
import { FileSink, type FileSinkDeps } from '../../internal/sinks/file/sink.ts';
import { fileSinkSpec } from '../../internal/sinks/file/spec.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';

/** A file sink as the keys of its block in the config describe it. */
export function makeFileSink(
  config: Readonly<Record<string, unknown>> & { readonly path: string },
  deps: Partial<FileSinkDeps> = {},
): FileSink {
  const silent = { fs: nodeFs, clock: systemClock, logger: silentLogger };
  return new FileSink({ ...fileSinkSpec.parse(config), name: 'file' }, { ...silent, ...deps });
}
