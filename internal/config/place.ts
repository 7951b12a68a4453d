import type { Path } from './problem.ts';

/** Where a value stands in the text, as offsets, with the places of what it holds. */
export interface Place {
  /** Where its key begins; `undefined` for list entries and the top. */
  readonly keyAt: number | undefined;
  readonly valueAt: number;
  /** Scalars are pointed at themselves, mappings and lists by their key. */
  readonly isScalar: boolean;
  readonly children: ReadonlyMap<string | number, Place>;
}

/** The offset to show for a problem: of the value, of the key, or of the nearest thing around what is missing. */
export function offsetOf(top: Place, path: Path, at: 'key' | 'value'): number {
  let place = top;
  for (const step of path) {
    const child = place.children.get(step);
    if (child === undefined) return place.keyAt ?? place.valueAt;
    place = child;
  }
  if (at === 'value' && place.isScalar) return place.valueAt;
  return place.keyAt ?? place.valueAt;
}

/** Line and column of an offset, both from 1; columns count UTF-16 units, as editors do. */
export function lineAndColumn(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', lineStart)) {
    line++;
    lineStart = end + 1;
  }
  return { line, column: Math.min(offset, text.length) - lineStart + 1 };
}
