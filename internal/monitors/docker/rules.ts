import picomatch from 'picomatch';
import type { Container } from './container.ts';
import type { DockerEngineConfig } from './spec.ts';

/** Whether a container is read, and the rule that decided. */
export interface Decision {
  readonly isRead: boolean;
  readonly rule: string;
}

type Filter = DockerEngineConfig['include'];
type Subject = Pick<Container, 'id' | 'name' | 'image' | 'labels'>;

const ENABLE_LABEL = 'log_capturer.enable';
/** Labels that mean something to every agent. */
const KNOWN_LABEL = /^(log_capturer\.|com\.docker\.compose\.(project|service)$)/;
/** Set on a container that is an agent: its lines about lines would never end. */
const SELF_LABEL = 'log_capturer.self';

/** Decides which containers of an engine are read. */
export class ContainerRules {
  readonly #config: DockerEngineConfig;
  readonly #ownIds: readonly string[];
  readonly #include: (container: Subject) => string | undefined;
  readonly #exclude: (container: Subject) => string | undefined;

  /** `ownIds`: ids of containers, or their beginnings, that the agent itself runs in. */
  constructor(config: DockerEngineConfig, ownIds: readonly string[]) {
    this.#config = config;
    this.#ownIds = ownIds;
    this.#include = matcher(config.include);
    this.#exclude = matcher(config.exclude);
  }

  /** Whether anything depends on this label of a container. */
  asksFor(label: string): boolean {
    const { include, exclude } = this.#config;
    return KNOWN_LABEL.test(label) || label in include.labels || label in exclude.labels;
  }

  decide(container: Subject): Decision {
    const { id, labels } = container;
    if (this.#ownIds.some(own => id.startsWith(own))) return no('it is the agent itself');
    if (labels[SELF_LABEL] === 'true') return no(`its label ${SELF_LABEL}=true: it is an agent`);
    if (labels[ENABLE_LABEL] === 'false') return no(`its label ${ENABLE_LABEL}=false`);
    if (this.#config.optIn && labels[ENABLE_LABEL] !== 'true') {
      return no(`opt_in: it has no label ${ENABLE_LABEL}=true`);
    }
    const excluded = this.#exclude(container);
    if (excluded !== undefined) return no(`exclude.${excluded}`);
    if (isEmpty(this.#config.include)) return { isRead: true, rule: 'every container is included' };
    const included = this.#include(container);
    return included === undefined
      ? no('nothing in include matches it')
      : { isRead: true, rule: `include.${included}` };
  }
}

function no(rule: string): Decision {
  return { isRead: false, rule };
}

function isEmpty({ names, images, labels }: Filter): boolean {
  return names.length === 0 && images.length === 0 && Object.keys(labels).length === 0;
}

/** Says which entry of a filter matches a container; compiled once. */
function matcher({ names, images, labels }: Filter): (container: Subject) => string | undefined {
  const globs = (patterns: readonly string[]): [string, picomatch.Matcher][] =>
    patterns.map(pattern => [pattern, picomatch(pattern, { dot: true, nonegate: true })]);
  const [byName, byImage] = [globs(names), globs(images)];
  return container => {
    const name = byName.find(([, matches]) => matches(container.name));
    if (name !== undefined) return `names: ${name[0]}`;
    const image = byImage.find(([, fits]) => fits(container.image) || fits(withoutTag(container.image)));
    if (image !== undefined) return `images: ${image[0]}`;
    const label = Object.entries(labels).find(([key, value]) => container.labels[key] === value);
    return label && `labels: ${label.join('=')}`;
  };
}

/** `registry:5000/app:1.2@sha256:…` → `registry:5000/app`. */
function withoutTag(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
