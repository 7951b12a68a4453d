import { invariant } from '../../pkg/errors/errors.ts';

/** What a file system takes; names of sinks are at most 63 characters. */
const MAX_BYTES = 255;

/**
 * The folder of a sink's letters: letters, digits, `_` and `-` as they are, every other byte as `%2E`. So it is one
 * plain folder whatever the name is, never `.`, `..` or a file of the queue itself; different sinks have different folders.
 */
export function sinkFolder(sink: string): string {
  const folder = escaped(sink);
  invariant(folder.length > 0 && folder.length <= MAX_BYTES, 'the name of a sink makes no folder');
  return folder;
}

/** The sink whose folder this is; `undefined` for a folder of other origin. */
export function sinkOfFolder(folder: string): string | undefined {
  const bytes = folder.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const sink = Buffer.from(bytes, 'latin1').toString();
  return sink !== '' && escaped(sink) === folder ? sink : undefined;
}

/** Asked for with each batch: most names need nothing. */
const SAFE_NAME = /^[A-Za-z0-9_-]*$/;

function escaped(sink: string): string {
  if (SAFE_NAME.test(sink)) return sink;
  return Array.from(Buffer.from(sink), safeByte).join('');
}

function safeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
