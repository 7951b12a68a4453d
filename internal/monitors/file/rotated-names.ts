import { extname } from 'node:path';

/** What rotation adds to a name: a number, a date, a time. */
const STAMP = /^[-._]\d[-._:TZ\d]*$/;

/** Whether rotation may have made `name` of `original`: `app.log` → `app.log.1`, `app.log-20260801`, `app-2.log`. */
export function isRotatedName(name: string, original: string): boolean {
  if (name.startsWith(original) && STAMP.test(name.slice(original.length))) return true;
  const extension = extname(original);
  const stem = original.slice(0, original.length - extension.length);
  const isBetween = name.startsWith(stem) && name.endsWith(extension) && extension !== '';
  return isBetween && STAMP.test(name.slice(stem.length, name.length - extension.length));
}
