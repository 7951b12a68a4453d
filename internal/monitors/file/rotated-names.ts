import { extname } from 'node:path';
import { plainPath } from './compression.ts';

/** What rotation adds to a name: a number, a date, a time. */
const STAMP = /[-._]\d[-._:TZ\d]*$/;

/** Whether rotation may have made `name` of `original`: `app.log` → `app.log.1`, `app.log-20260801`, `app-2.log`. */
export function isRotatedName(name: string, original: string): boolean {
  return name !== original && withoutStamp(name).includes(original);
}

/** The path that rotation renamed to this one, where it only appended to it. */
export function rotatedFrom(path: string): string | undefined {
  const original = path.replace(STAMP, '');
  return original === path || original.endsWith('/') ? undefined : original;
}

/** The names that a file may have had before it was rotated, copied or compressed. */
export function originalNames(name: string): readonly string[] {
  const plain = plainPath(name);
  return [...new Set([plain, ...withoutStamp(plain)])].filter(original => original !== name);
}

/** Compares two names of one file's generations by the numbers that rotation put into them. */
export function compareStamps(a: string, b: string): number {
  const [numbersOfA, numbersOfB] = [numbersIn(a), numbersIn(b)];
  for (const [i, number] of numbersOfA.entries()) {
    const difference = number - (numbersOfB[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return numbersOfA.length - numbersOfB.length;
}

/** The numbers of the stamp in a name. */
function numbersIn(name: string): number[] {
  const plain = plainPath(name);
  const [stamp] = STAMP.exec(plain) ?? STAMP.exec(plain.slice(0, plain.length - extname(plain).length)) ?? [];
  return Array.from(stamp?.matchAll(/\d+/g) ?? [], ([digits]) => Number(digits));
}

function withoutStamp(name: string): string[] {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  return [name.replace(STAMP, ''), stem.replace(STAMP, '') + extension];
}
