import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { Filled } from '../../pkg/spec/filled.ts';
import type { Place } from './place.ts';
import { type Environment, fill, veil } from './placeholder.ts';
import type { Path, Problem } from './problem.ts';

/** Anchors can make a small file large; this is far above any config. */
const MAX_NODES = 50_000;

/** A YAML text with its placeholders filled in. */
export interface Tree {
  /** Mappings (without prototype), lists, scalars, and `Filled` for unquoted values from outside. */
  readonly value: unknown;
  readonly place: Place;
  readonly problems: readonly Problem[];
}

/** Something that the YAML parser did not like, at an offset of the text. */
export interface SyntaxProblem {
  readonly offset: number;
  readonly message: string;
}

export interface TreeResult {
  readonly lines: LineCounter;
  readonly syntax: readonly SyntaxProblem[];
  /** `undefined` where the text is too broken to look further. */
  readonly tree: Tree | undefined;
}

/** Reads YAML with the place of every value. Never throws for what stands in the text. */
export function readTree(text: string, env: Environment): TreeResult {
  const lines = new LineCounter();
  const { text: veiled, unveil } = veil(text);
  const document = parseDocument(veiled, { lineCounter: lines, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings].map(({ code, pos, message }) => ({
    offset: pos[0],
    message:
      code === 'DUPLICATE_KEY'
        ? 'this key was there before, expected it once'
        : `${unveil(message)}, expected YAML`,
  }));
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { lines, syntax, tree: undefined };
  const reader = new TreeReader(unveil, env, alias => (isAlias(alias) ? alias.resolve(document) : undefined));
  return { lines, syntax, tree: reader.read(document.contents) };
}

/** A value and its place, read together. */
interface Branch {
  readonly value: unknown;
  readonly place: Place;
}

/** One walk over the nodes of a document. */
class TreeReader {
  readonly #unveil: (text: string) => string;
  readonly #env: Environment;
  readonly #resolve: (alias: Node) => Node | undefined;
  readonly #problems: Problem[] = [];
  /** Aliases that are being followed: one of them again is a circle. */
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(
    unveil: (text: string) => string,
    env: Environment,
    resolve: (alias: Node) => Node | undefined,
  ) {
    this.#unveil = unveil;
    this.#env = env;
    this.#resolve = resolve;
  }

  read(top: Node | null): Tree {
    const { value, place } = this.#node(top, [], undefined);
    return { value, place, problems: this.#problems };
  }

  #node(node: Node | null | undefined, path: Path, keyAt: number | undefined): Branch {
    const valueAt = node?.range?.[0] ?? keyAt ?? 0;
    const leaf = (value: unknown): Branch => ({
      value,
      place: { keyAt, valueAt, isScalar: value !== null, children: new Map() },
    });
    if (++this.#nodes > MAX_NODES) {
      if (this.#nodes === MAX_NODES + 1)
        this.#report(path, 'is too much with all its aliases, expected a smaller config');
      return leaf(null);
    }
    if (isAlias(node)) return this.#alias(node, path, keyAt, leaf);
    if (isMap(node)) {
      const children = new Map<string, Place>();
      const value = this.#map(node, path, children);
      return { value, place: { keyAt, valueAt, isScalar: false, children } };
    }
    if (isSeq(node)) {
      const branches = node.items.map((item, index) =>
        this.#node(item as Node | null, [...path, index], undefined),
      );
      const children = new Map(branches.map(({ place }, index) => [index, place]));
      return {
        value: branches.map(({ value }) => value),
        place: { keyAt, valueAt, isScalar: false, children },
      };
    }
    return leaf(isScalar(node) ? this.#scalar(node, path) : null);
  }

  #alias(alias: Node, path: Path, keyAt: number | undefined, leaf: (value: unknown) => Branch): Branch {
    const target = this.#resolve(alias);
    if (target === undefined || this.#open.has(target)) {
      this.#report(path, 'is an alias of itself or of nothing, expected an anchor that stands before it');
      return leaf(null);
    }
    this.#open.add(target);
    const branch = this.#node(target, path, keyAt);
    this.#open.delete(target);
    return branch;
  }

  /** Merged mappings (`<<`) first, so that keys of the mapping itself win. */
  #map(map: YAMLMap, path: Path, children: Map<string, Place>): Record<string, unknown> {
    const value: Record<string, unknown> = Object.create(null);
    const pairs = map.items as Pair<Node | null, Node | null>[];
    for (const pair of pairs) if (isMergeKey(pair.key)) this.#merge(pair.value, path, value, children);
    for (const pair of pairs) {
      if (isMergeKey(pair.key)) continue;
      const key = this.#key(pair.key, path);
      if (key === undefined) continue;
      const branch = this.#node(pair.value, [...path, key], pair.key?.range?.[0]);
      value[key] = branch.value;
      children.set(key, branch.place);
    }
    return value;
  }

  #merge(
    source: Node | null,
    path: Path,
    value: Record<string, unknown>,
    children: Map<string, Place>,
  ): void {
    const sources = isSeq(source) ? (source.items as Node[]) : [source];
    // The first of several wins: it is written last.
    for (const item of sources.toReversed()) {
      const branch = this.#node(item, path, undefined);
      if (branch.place.isScalar || Array.isArray(branch.value) || branch.value === null) {
        this.#report([...path, '<<'], 'is no mapping, expected an alias of one');
        continue;
      }
      Object.assign(value, branch.value);
      for (const [key, place] of branch.place.children) children.set(String(key), place);
    }
  }

  #key(node: Node | null, path: Path): string | undefined {
    if (isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number')) {
      const key = this.#unveil(typeof node.value === 'string' ? node.value : String(node.source));
      // zod never looks at this one.
      if (key !== '__proto__') return key;
    }
    this.#report(path, 'has a key that is not usable, expected plain text');
    return undefined;
  }

  #scalar(node: Scalar, path: Path): unknown {
    if (typeof node.value !== 'string') return node.value;
    const { text, isFilled, problems } = fill(this.#unveil(node.value), this.#env);
    for (const message of problems) this.#report(path, message);
    return isFilled && node.type === Scalar.PLAIN ? new Filled(text) : text;
  }

  #report(path: Path, message: string): void {
    this.#problems.push({ path, at: 'value', message });
  }
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<';
}
