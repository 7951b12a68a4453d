import { dirname, resolve } from 'node:path';
import picomatch from 'picomatch';
import { archiveFormat, hasCompressedName } from './compression.ts';

/** Why a path is read or not, for `explain`. */
export interface Decision {
  readonly isMatched: boolean;
  /** The pattern that decided, or what else did. */
  readonly rule: string;
}

export interface PathRulesInit {
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  /** Files and folders of the agent itself: to read what it writes would never end. */
  readonly ownPaths: readonly string[];
  /** Whether compressed files are read where that is possible; else never. */
  readonly readsArchives?: boolean;
  /** Tells more of its files. */
  readonly isOwn?: ((path: string) => boolean) | undefined;
}

type Matcher = (path: string) => boolean;

interface Pattern {
  readonly text: string;
  readonly folder: string;
  readonly matches: Matcher;
  /** For each level below `folder`, whether a folder may lie on the way to a match; then `isDeep` decides. */
  readonly levels: readonly Matcher[];
  readonly isDeep: boolean;
}

/** A name may hold a newline, so `.` must match it. */
const GLOB = { flags: 's' };

/** Which paths a source reads, and which folders have to be watched to find them. Paths are absolute. */
export class PathRules {
  /** Folders that patterns begin in, each once; one may lie in another. They need not exist yet. */
  readonly folders: readonly string[];
  readonly #patterns: readonly Pattern[];
  readonly #exclude: readonly { readonly text: string; readonly matches: Matcher }[];
  readonly #ownPaths: readonly string[];
  readonly #isOwnFile: ((path: string) => boolean) | undefined;
  /** Whether compressed files are read where that is possible. */
  readonly readsArchives: boolean;

  constructor({ paths, exclude, ownPaths, isOwn, readsArchives = false }: PathRulesInit) {
    this.readsArchives = readsArchives;
    this.#patterns = paths.map(pattern);
    this.#exclude = exclude.map(text => ({ text, matches: excludeMatcher(text) }));
    this.#ownPaths = ownPaths.map(path => resolve(path));
    this.#isOwnFile = isOwn;
    this.folders = [...new Set(this.#patterns.map(({ folder }) => folder))];
  }

  matches(path: string): boolean {
    return this.decide(path).isMatched;
  }

  decide(path: string): Decision {
    const matching = this.#patterns.find(({ text, matches }) => path === text || matches(path));
    if (matching === undefined) return { isMatched: false, rule: 'no path of the source matches' };
    if (this.#isOwn(path) || this.#isOwnFile?.(path))
      return { isMatched: false, rule: 'it belongs to the agent itself' };
    const excluding = this.#exclude.find(({ matches }) => matches(path));
    if (excluding !== undefined) return { isMatched: false, rule: `exclude: ${excluding.text}` };
    if (!this.isReadable(path)) return { isMatched: false, rule: 'compressed: skip' };
    return { isMatched: true, rule: matching.text };
  }

  /** Whether a file with this name can be read as far as compression is concerned. */
  isReadable(path: string): boolean {
    return !hasCompressedName(path) || (this.readsArchives && archiveFormat(path) !== undefined);
  }

  /** Whether a file that matches may be in `folder` or below it, now or later. */
  mayHold(folder: string): boolean {
    if (this.#isOwn(folder)) return false;
    if (this.#exclude.some(({ text, matches }) => text.endsWith('/**') && matches(folder))) return false;
    return this.#patterns.some(each => isOnTheWay(each, folder));
  }

  #isOwn(path: string): boolean {
    return this.#ownPaths.some(own => isInside(path, own));
  }
}

/** Whether `path` is `folder` or lies below it. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}

function pattern(given: string): Pattern {
  const text = resolve(given);
  const { base, glob, isGlob } = picomatch.scan(text);
  if (!isGlob)
    return { text, folder: dirname(text), matches: path => path === text, levels: [], isDeep: false };
  const segments = glob.split('/');
  const first = segments.findIndex(segment => segment.includes('**'));
  // Where a brace or a bracket holds a slash, segments say nothing: any depth is possible.
  const isNested = /[{(][^})]*\/[^})]*[})]/.test(glob);
  const plain = isNested ? [] : segments.slice(0, first === -1 ? -1 : first);
  const levels = plain.map((_, i) => picomatch(`${base}/${segments.slice(0, i + 1).join('/')}`, GLOB));
  return { text, folder: base, matches: picomatch(text, GLOB), levels, isDeep: isNested || first !== -1 };
}

/** A pattern without a slash is about names in any folder. */
function excludeMatcher(text: string): Matcher {
  const hasFolder = text.includes('/');
  const isAnywhere = text.startsWith('**');
  return picomatch(hasFolder && !isAnywhere ? resolve(text) : text, {
    ...GLOB,
    dot: true,
    basename: !hasFolder,
  });
}

function isOnTheWay({ folder: base, levels, isDeep }: Pattern, folder: string): boolean {
  if (isInside(base, folder)) return true;
  if (!isInside(folder, base)) return false;
  const depth = folder.slice(base.length).split('/').filter(Boolean).length;
  if (depth > levels.length)
    return isDeep && (levels.at(-1)?.(ancestor(folder, depth - levels.length)) ?? true);
  return levels[depth - 1]!(folder);
}

function ancestor(path: string, levels: number): string {
  let at = path;
  for (let i = 0; i < levels; i++) at = dirname(at);
  return at;
}
