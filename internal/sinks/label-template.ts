/** What a template looks labels up in: `LabelsCOW`, or a plain map. */
interface Labels {
  get(name: string): string | undefined;
}

const PLACEHOLDER = /\{([a-zA-Z_:][a-zA-Z0-9_:]*)\}/g;

/** A text with labels in braces, `{job}.log`. Values are hostile: `encode` says what may become of them. */
export class LabelTemplate {
  readonly text: string;
  /** Fixed texts and, between each two of them, the name of a label. */
  readonly #texts: readonly string[];
  readonly #names: readonly string[];

  constructor(text: string) {
    const pieces = text.split(PLACEHOLDER);
    this.text = text;
    this.#texts = pieces.filter((_, index) => index % 2 === 0);
    this.#names = pieces.filter((_, index) => index % 2 === 1);
  }

  /** Whether it is the same for all labels. */
  get isFixed(): boolean {
    return this.#names.length === 0;
  }

  /** The first of its labels that is not there, if one is not. */
  missing(labels: Labels): string | undefined {
    return this.#names.find(name => (labels.get(name) ?? '') === '');
  }

  /** The text with every label filled in; one that is not there is empty. */
  fill(labels: Labels, encode: (value: string) => string = value => value): string {
    return this.#texts.reduce((filled, text, index) => {
      return filled + encode(labels.get(this.#names[index - 1]!) ?? '') + text;
    });
  }
}

/** What is wrong with a template, and what is expected, in words that follow its key in an error of the config. */
export function templateProblem(text: string): string | undefined {
  if (!/[{}]/.test(text.replaceAll(PLACEHOLDER, ''))) return undefined;
  return 'has a brace that is not around a label name, expected braces around label names only';
}
