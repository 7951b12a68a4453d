/**
 * An unquoted config value that was filled in from the environment or a file. It is text until the key it
 * belongs to says what it should be: `port: ${PORT}` is a number, `labels: { host: ${HOSTNAME} }` is text
 * even when the host is called `123e45`. It is never read as YAML again, so it cannot bring in structure.
 */
export class Filled {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const NUMBER = /^[-+]?\d+(\.\d+)?$/;

/** The value as a key that wants text sees it. */
export function asText(value: unknown): unknown {
  return value instanceof Filled ? value.text : value;
}

/** The value as a key that wants a number sees it; text that is no number stays text. */
export function asNumber(value: unknown): unknown {
  if (!(value instanceof Filled)) return value;
  return NUMBER.test(value.text) ? Number(value.text) : value.text;
}

/** The value as a key that wants true or false sees it. */
export function asFlag(value: unknown): unknown {
  if (!(value instanceof Filled)) return value;
  if (value.text === 'true') return true;
  return value.text === 'false' ? false : value.text;
}

/** How a config refers to a file that holds the value: for examples. */
export function fromFile(path: string): string {
  return `\${file:${path}}`;
}
