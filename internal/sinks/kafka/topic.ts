import { LabelTemplate } from '../label-template.ts';

/** Kafka's own limit (`Topic.MAX_NAME_LENGTH`). */
const MAX_CHARS = 249;
const PLACEHOLDER = /\{[a-zA-Z_:][a-zA-Z0-9_:]*\}/g;

interface Labels {
  get(name: string): string | undefined;
}

/**
 * The topic of a stream: a template with labels in braces. Whatever the labels say, the result is a name that Kafka
 * takes and the fixed parts of the template are in it:
 *
 * - in labels, characters other than letters, digits, `.`, `_` and `-` become `_`; a label that is missing or empty
 *   becomes `_`;
 * - a label is cut where the name would be longer than 249 characters (several share the room);
 * - a name of dots only becomes `_`, and of several `_` at its beginning one stays: names that begin with `__` are
 *   Kafka's own.
 */
export class TopicTemplate {
  readonly #template: LabelTemplate;
  readonly #labelChars: number;

  constructor(text: string) {
    this.#template = new LabelTemplate(text);
    const labels = text.match(PLACEHOLDER) ?? [];
    const fixedChars = text.replaceAll(PLACEHOLDER, '').length;
    this.#labelChars = Math.floor((MAX_CHARS - fixedChars) / Math.max(1, labels.length));
  }

  /** The topic of a stream with these labels. */
  of(labels: Labels): string {
    const name = this.#template.fill(labels, value => this.#allowed(value));
    if (this.#template.isFixed) return name;
    return /^\.+$/.test(name) ? '_' : name.replace(/^_+/, '_');
  }

  #allowed(value: string): string {
    const chars = value.slice(0, 2 * this.#labelChars).replace(/[^a-zA-Z0-9._-]/gu, '_');
    return chars === '' ? '_' : chars.slice(0, this.#labelChars);
  }
}

/** Whether `topic` is one of `allowed`: names, or beginnings that end with `*`. An empty list allows all. */
export function isAllowedTopic(topic: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  return allowed.some(name => (name.endsWith('*') ? topic.startsWith(name.slice(0, -1)) : topic === name));
}
