import type { Config } from '../config/config.ts';
import { FileMonitor, type FileMonitorOptions } from '../monitors/file/file-monitor.ts';
import type { FileSource } from '../monitors/file/source.ts';
import type { SourceMonitor } from './source-set.ts';

/** What every monitor may need. */
export type SourceDeps = Omit<FileMonitorOptions, 'sources'>;

/** One source of the config. Its name is unique among all: `file varlogs`. */
export interface SourceConfig {
  readonly name: string;
  readonly kind: 'file';
  readonly options: FileSource;
}

/** Every source of the config. */
export function sourceConfigs({ fileMonitor }: Config): readonly SourceConfig[] {
  return fileMonitor.sources.map(options => ({ kind: 'file', name: `file ${options.name}`, options }));
}

/** Makes the monitor of one source. */
export function makeSource(deps: SourceDeps): (source: SourceConfig) => SourceMonitor {
  return ({ options }) => new FileMonitor({ ...deps, sources: [options] });
}
