import type { ContainerInspectInfo } from 'dockerode';
import { LabelsCOW } from '../../../pkg/types/labels-cow.ts';
import type { OutputName } from '../formats/entry-reader.ts';
import type { DockerEngineConfig } from './spec.ts';

/** What is asked of a container. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hasTerminal: boolean;
  readonly isRunning: boolean;
  /** When it ended last, as the engine writes it. */
  readonly finishedAt: string;
  readonly logDriver: string;
  /** Where a json-file log is, on the engine's host; empty with other drivers. */
  readonly logPath: string;
  /** How long a file of the log gets; `undefined` where there is only one. */
  readonly logFileBytes: number | undefined;
  /** Whether its files are compressed when they are rotated. */
  readonly isLogCompressed: boolean;
}

/** Labels that a container sets for its lines. */
const LABEL_PREFIX = 'log_capturer.label.';
/** The pattern with which its records begin. */
const MULTILINE_LABEL = 'log_capturer.multiline.start';
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/;
/** What a container may add: anybody who can start one writes these. */
const MAX_LABELS = 16;
const MAX_VALUE_LENGTH = 1024;
const SHORT_ID_LENGTH = 12;

/** From the engine's answer to `GET /containers/{id}/json`. */
export function containerOf(
  info: ContainerInspectInfo,
  isWanted: (label: string) => boolean = () => true,
): Container {
  return {
    id: info.Id,
    name: plainName(info.Name),
    image: info.Config.Image,
    labels: wantedLabels(info.Config.Labels ?? {}, isWanted),
    hasTerminal: info.Config.Tty,
    isRunning: info.State.Running,
    finishedAt: info.State.FinishedAt,
    logDriver: info.HostConfig.LogConfig?.Type ?? '',
    logPath: 'LogPath' in info && typeof info.LogPath === 'string' ? info.LogPath : '',
    logFileBytes: logFileBytes(info.HostConfig.LogConfig),
    isLogCompressed: isLogCompressed(info.HostConfig.LogConfig),
  };
}

type LogConfig = ContainerInspectInfo['HostConfig']['LogConfig'];

/** As the engine reads its option `max-size` (go-units, `FromHumanSize`); the driver `local` has a default. */
function logFileBytes(config: LogConfig): number | undefined {
  const size: unknown = config?.Config?.['max-size'] ?? (config?.Type === 'local' ? '20m' : '');
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]?)/i.exec(String(size)) ?? [];
  return count === undefined ? undefined : Number(count) * 1000 ** ' kmgt'.indexOf(unit.toLowerCase() || ' ');
}

/** The driver `local` does so unless it is told not to. */
function isLogCompressed(config: LogConfig): boolean {
  const compress: unknown = config?.Config?.compress;
  return compress === undefined ? config?.Type === 'local' : compress === 'true';
}

/** Those that are asked for, and of those for its lines not more than some: a container may have any number. */
function wantedLabels(
  all: Readonly<Record<string, string>>,
  isWanted: (label: string) => boolean,
): Readonly<Record<string, string>> {
  const wanted: Record<string, string> = {};
  let own = 0;
  for (const label in all) {
    if (!isWanted(label) || (label.startsWith(LABEL_PREFIX) && own++ >= MAX_LABELS)) continue;
    wanted[label] = all[label]!;
  }
  return wanted;
}

/** Engines write a slash before the name. */
export function plainName(name: string): string {
  return name.replace(/^\//, '');
}

/** The labels of a container's lines. */
export function lineLabels(
  { id, name, image, labels }: Container,
  config: DockerEngineConfig['labels'],
  output: OutputName,
): LabelsCOW {
  const automatic: Record<string, string | undefined> = {
    container_name: name,
    container_id: id.slice(0, SHORT_ID_LENGTH),
    image,
    stream: output,
    compose_project: labels['com.docker.compose.project'],
    compose_service: labels['com.docker.compose.service'],
  };
  const set = LabelsCOW.from({});
  for (const [label, value] of Object.entries({ ...automatic, ...config, ...ownLabels(labels) })) {
    // `null` in the config takes one of the automatic labels away.
    if (typeof value === 'string') set.set(label, value.slice(0, MAX_VALUE_LENGTH));
  }
  return set;
}

/** The `log_capturer.label.<name>` of a container, as far as their names can be labels. */
function ownLabels(labels: Container['labels']): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    const label = key.startsWith(LABEL_PREFIX) ? key.slice(LABEL_PREFIX.length) : '';
    if (LABEL_NAME.test(label)) own[label] = value;
  }
  return own;
}

/** The pattern with which a record of the container begins; `undefined` where each line is one. */
export function multilineStart({ labels }: Container): string | undefined {
  return labels[MULTILINE_LABEL] || undefined;
}

/** A container as people know it. */
export function shortName({ name, id }: Pick<Container, 'name' | 'id'>): string {
  return `${name} (${id.slice(0, SHORT_ID_LENGTH)})`;
}
