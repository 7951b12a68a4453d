import type { LetterCause } from '../../pkg/types/dead-letters.ts';
import type { Json } from '../../pkg/types/ports.ts';

/** A letter as people and programs see it. */
export interface Letter {
  readonly line: string;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339, with nanoseconds. */
  readonly time: string;
  readonly sink: string;
  readonly cause: LetterCause;
  readonly kind: string | null;
  readonly reason: string | null;
  readonly attempts: number;
  readonly first: string;
  readonly last: string;
  readonly monitor: string;
  readonly source: string;
  readonly position: Json;
}

/** A letter whose checksum was right. */
export function parseLetter(bytes: Buffer): Letter {
  return JSON.parse(bytes.toString()) as Letter;
}
