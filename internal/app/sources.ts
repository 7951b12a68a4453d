import { isAbsolute } from 'node:path';
import type { Config } from '../config/config.ts';
import type { PriorityGate } from '../dispatcher/priority-gate.ts';
import { DockerMonitor } from '../monitors/docker/docker-monitor.ts';
import type { DockerEngineConfig } from '../monitors/docker/spec.ts';
import { FileMonitor, type FileMonitorOptions } from '../monitors/file/file-monitor.ts';
import type { FileSource } from '../monitors/file/source.ts';
import type { Explained } from './explain.ts';
import type { SourceSet } from './source-set.ts';

/** What every monitor may need. */
export interface SourceDeps extends Omit<FileMonitorOptions, 'sources' | 'publisher'> {
  readonly gate: PriorityGate;
}

/** One source of the config. Its name is unique among all: `file varlogs`. */
export type SourceConfig = { readonly name: string } & (
  | { readonly kind: 'file'; readonly options: FileSource }
  | { readonly kind: 'docker'; readonly options: DockerEngineConfig }
);

/** Every source of the config. */
export function sourceConfigs({ fileMonitor, dockerMonitor }: Config): readonly SourceConfig[] {
  return [
    ...fileMonitor.sources.map(options => ({ kind: 'file', name: `file ${options.name}`, options }) as const),
    ...dockerMonitor.engines.map(
      options => ({ kind: 'docker', name: `docker ${options.name}`, options }) as const,
    ),
  ];
}

/** The sources of an agent. */
export type Sources = SourceSet<SourceConfig, FileMonitor | DockerMonitor>;

/** Makes the monitor of one source. */
export function makeSource({
  gate,
  ...deps
}: SourceDeps): (source: SourceConfig) => FileMonitor | DockerMonitor {
  return source =>
    source.kind === 'file'
      ? new FileMonitor({ ...deps, publisher: gate.at(source.options.priority), sources: [source.options] })
      : new DockerMonitor({ ...deps, publisher: gate.at('normal'), engines: [source.options] });
}

/** What the monitors say of a path (it is absolute) or a container. */
export function explainedBy(sources: Sources, target: string): Explained {
  const isPath = isAbsolute(target);
  return {
    files: sources.monitors.flatMap(each =>
      each instanceof FileMonitor && isPath ? each.explain(target) : [],
    ),
    containers: sources.monitors.flatMap(each =>
      each instanceof DockerMonitor && !isPath ? each.explain(target) : [],
    ),
  };
}
