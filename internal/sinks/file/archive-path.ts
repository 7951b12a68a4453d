import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Stream } from '../../../pkg/types/stream.ts';
import { LabelTemplate } from '../label-template.ts';
import { ASIDE } from './rotation.ts';

/** Longer values are cut; a file name may have 255 bytes, and two labels and what rotation adds should fit. */
const MAX_VALUE_BYTES = 100;
const HASH_DIGITS = 16;
/** Stands for a label value: no path holds it. */
const ANY_NAME = '\0';

/** Where the lines of each stream go. Label values are hostile: none of them leads out of the folder of the template. */
export class ArchivePath {
  readonly #template: LabelTemplate;
  readonly #known = new WeakMap<Stream, string>();

  constructor(template: string) {
    this.#template = new LabelTemplate(resolve(template));
  }

  of(stream: Stream): string {
    let path = this.#known.get(stream);
    if (path === undefined) {
      path = this.#template.fill(stream.labels, fileName);
      this.#known.set(stream, path);
    }
    return path;
  }
}

/**
 * Tells the files that a sink with this template writes, whatever the labels are, with those that were put aside. To
 * read them as a source would never end.
 */
export function archiveMatcher(template: string): (path: string) => boolean {
  const filled = new LabelTemplate(resolve(template)).fill(new Map(), () => ANY_NAME);
  const source = filled.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(ANY_NAME, '[^/]+');
  const pattern = new RegExp(`^${source}(\\.${ASIDE}(\\.gz(\\.tmp)?)?)?$`, 's');
  return path => pattern.test(path);
}

/** A label value as a part of a file name: never empty, without slash, and not beginning with a dot. */
function fileName(value: string): string {
  if (value === '') return '_';
  const name = encodeURIComponent(value.toWellFormed()).replace(/^\.|[!'()*~]/g, percentEncoded);
  if (name.length <= MAX_VALUE_BYTES) return name;
  const hash = createHash('sha256').update(value).digest('hex').slice(0, HASH_DIGITS);
  return `${name.slice(0, MAX_VALUE_BYTES - HASH_DIGITS - 1)}~${hash}`;
}

function percentEncoded(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
