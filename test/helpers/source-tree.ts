import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** A tracked file of the project; `path` from its top, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** What it imports: paths from the top for files of the project, else the name as written. */
  readonly imports: readonly string[];
}

const TOP = join(import.meta.dirname, '../..');
const IMPORT =
  /^\s*(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

/** Paths of all tracked files that are there. */
export function trackedFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: TOP, encoding: 'utf8' });
  return listed.split('\0').filter(path => path !== '' && existsSync(join(TOP, path)));
}

/** The text of one tracked file. */
export function readTracked(path: string): string {
  return readFileSync(join(TOP, path), 'utf8');
}

/** All TypeScript of the project with its imports. */
export function sourceFiles(): readonly SourceFile[] {
  return trackedFiles()
    .filter(path => path.endsWith('.ts'))
    .map(path => {
      const text = readTracked(path);
      const imports = [...text.matchAll(IMPORT)].map(match => {
        const name = match[1] ?? match[2] ?? match[3] ?? '';
        return name.startsWith('.') ? normalize(join(dirname(path), name)) : name;
      });
      return { path, text, imports };
    });
}

/** The first circle of imports there is, as a path of files; `undefined` when there is none. */
export function importCircle(files: readonly SourceFile[]): readonly string[] | undefined {
  const imports = new Map(files.map(file => [file.path, file.imports]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    done.add(path);
    for (const next of imports.get(path) ?? []) {
      const circle = visit(next, [...trail, path]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  for (const { path } of files) {
    const circle = visit(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
