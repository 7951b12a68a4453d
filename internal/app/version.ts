import { readFileSync } from 'node:fs';

let known: string | undefined;

/** The package's version, from package.json: two folders up in a checkout, three in the packaged `dist`. */
export function version(): string {
  known ??= read('../../package.json') ?? read('../../../package.json') ?? 'unknown';
  return known;
}

function read(path: string): string | undefined {
  try {
    return String(JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version);
  } catch {
    return undefined;
  }
}
