import { createHash } from 'node:crypto';

/** Names of files may have 255 bytes; what stands beside the folder's own name is short. */
const MAX_FOLDER_BYTES = 120;
const KEPT_BYTES = 90;
/** Stands only in folders whose name does not tell the sink's any more. */
const HASH_MARK = '%%';

/**
 * The folder of a sink's letters: letters, digits, `_` and `-` as they are, every other byte as `%2E`. So it is one
 * plain folder whatever the name is, never `.`, `..` or a file of the queue itself; different sinks have different folders.
 */
export function sinkFolder(sink: string): string {
  const folder = Array.from(Buffer.from(sink), safeByte).join('');
  if (folder.length > 0 && folder.length <= MAX_FOLDER_BYTES) return folder;
  const hash = createHash('sha256').update(sink).digest('hex').slice(0, 16);
  return `${folder.slice(0, KEPT_BYTES)}${HASH_MARK}${hash}`;
}

/** The sink whose folder this is; of a shortened name, the folder itself. `undefined` for a folder of other origin. */
export function sinkOfFolder(folder: string): string | undefined {
  if (folder.includes(HASH_MARK)) return folder;
  const sink = Buffer.from(
    folder.replace(/%([0-9A-F]{2})/g, (_, hex: string) => fromHex(hex)),
    'latin1',
  ).toString();
  return sinkFolder(sink) === folder ? sink : undefined;
}

function safeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function fromHex(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
