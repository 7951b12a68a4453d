import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../../pkg/spec/secret.ts';

/** Whether two values of the effective config are the same, secrets included. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Secret && b instanceof Secret) return a.reveal() === b.reveal();
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) return isDeepStrictEqual(a, b);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every(key => isSame(a[key], b[key]));
}

/** Mappings and lists: what may hold a secret deeper down. */
function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
