import { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import type { StreamRegistry } from '../../pkg/types/stream.ts';
import type { Dispatcher, StreamReport } from '../dispatcher/dispatcher.ts';
import type { ContainerStatus } from '../monitors/docker/containers.ts';
import type { PathReport } from '../monitors/file/source-monitor.ts';

type LabelSet = Readonly<Record<string, string>>;

/** A stream of lines, and what became of them. */
export interface ExplainedStream {
  readonly labels: LabelSet;
  readonly sinks: readonly StreamReport[];
}

/** What there is to know of a path or a container; the answer of `GET /api/v1/explain`. */
export interface Explanation {
  readonly target: string;
  /** One for each source of files, where the target is an absolute path. */
  readonly files: readonly (PathReport & { readonly streams: readonly ExplainedStream[] })[];
  /** Containers that the target means: a name, or the beginning of an id. */
  readonly containers: readonly (ContainerStatus & { readonly streams: readonly ExplainedStream[] })[];
}

/** What the monitors say of a target. */
export interface Explained {
  readonly files: readonly PathReport[];
  readonly containers: readonly ContainerStatus[];
}

/** Adds to what the monitors say of a target what the sinks have to do with its streams. */
export function explanationOf(
  target: string,
  { files, containers }: Explained,
  streams: StreamRegistry,
  dispatcher: Dispatcher,
): Explanation {
  const withStreams = <T extends { readonly labels: readonly LabelSet[] }>(report: T) => ({
    ...report,
    streams: report.labels.map(labels => ({
      labels,
      sinks: dispatcher.explain(streams.get(LabelsCOW.from(labels))),
    })),
  });
  return { target, files: files.map(withStreams), containers: containers.map(withStreams) };
}
