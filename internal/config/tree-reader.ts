import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { Filled } from '../../pkg/spec/filled.ts';
import type { Place } from './place.ts';
import { type Environment, fill } from './placeholder.ts';
import type { Path } from './problem.ts';

/** A YAML text with its placeholders filled in. */
export interface Tree {
  /** Mappings (without prototype), lists, scalars, and `Filled` for unquoted values from outside. */
  readonly value: unknown;
  readonly place: Place;
}

/** Something that could not be read, at an offset of the text. */
export interface ReadProblem {
  readonly path: Path;
  readonly offset: number;
  readonly message: string;
  /** Whether the value at `path` is not what was meant, so that nothing else should be said of it. */
  readonly isUnread: boolean;
}

/** Anchors can make a small file large; this is far above any config. */
const MAX_NODES = 50_000;

/** Where a node stands: its path, and where its key begins if it has one. */
interface Spot {
  readonly path: Path;
  readonly keyAt: number | undefined;
}

/** One walk over the nodes of a YAML document: values, their places, and what could not be read. */
export class TreeReader {
  readonly problems: ReadProblem[] = [];
  readonly #document: Document;
  readonly #unveil: (text: string) => string;
  readonly #env: Environment;
  /** Anchors whose aliases are being followed: one of them again is a circle. */
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Document, unveil: (text: string) => string, env: Environment) {
    this.#document = document;
    this.#unveil = unveil;
    this.#env = env;
  }

  read(): Tree {
    return this.#node(this.#document.contents as Node | null, { path: [], keyAt: undefined });
  }

  #node(node: Node | null | undefined, spot: Spot): Tree {
    if (++this.#nodes > MAX_NODES) {
      if (this.#nodes === MAX_NODES + 1)
        this.#unread(node, spot, 'is too much with all its aliases, expected less');
      return leaf(null, node, spot);
    }
    if (isAlias(node)) return this.#alias(node, spot);
    if (isMap(node)) return this.#map(node as YAMLMap<Node | null, Node | null>, spot);
    if (isSeq(node)) {
      const { path, keyAt } = spot;
      const entries = (node.items as (Node | null)[]).map((item, index) =>
        this.#node(item, { path: [...path, index], keyAt: undefined }),
      );
      const children = new Map(entries.map(({ place }, index) => [index, place]));
      return { value: entries.map(({ value }) => value), place: collection(node, keyAt, children) };
    }
    return leaf(isScalar(node) ? this.#scalar(node, spot) : null, node, spot);
  }

  #alias(alias: Alias, spot: Spot): Tree {
    const target = alias.resolve(this.#document);
    if (target === undefined || this.#open.has(target)) {
      this.#unread(
        alias,
        spot,
        'is an alias of nothing or of itself, expected an anchor that stands before it',
      );
      return leaf(null, alias, spot);
    }
    this.#open.add(target);
    const tree = this.#node(target, spot);
    this.#open.delete(target);
    return tree;
  }

  /** Merged mappings (`<<`) first, so that keys of the mapping itself win. */
  #map(map: YAMLMap<Node | null, Node | null>, { path, keyAt }: Spot): Tree {
    const value: Record<string, unknown> = Object.create(null);
    const children = new Map<string | number, Place>();
    const own = new Set<string>();
    const tree: Tree = { value, place: collection(map, keyAt, children) };
    for (const pair of map.items) if (isMergeKey(pair.key)) this.#merge(pair, path, value, children);
    for (const pair of map.items) {
      const key = isMergeKey(pair.key) ? undefined : this.#key(pair.key, path);
      if (key === undefined) continue;
      const spot = { path: [...path, key], keyAt: pair.key?.range?.[0] };
      if (own.has(key)) this.#report(pair.key, spot.path, 'is there twice, expected it once');
      own.add(key);
      const { value: inner, place } = this.#node(pair.value, spot);
      value[key] = inner;
      children.set(key, place);
    }
    return tree;
  }

  #merge(
    pair: Pair<Node | null, Node | null>,
    path: Path,
    value: Record<string, unknown>,
    children: Map<string | number, Place>,
  ): void {
    const sources = isSeq(pair.value) ? (pair.value.items as Node[]) : [pair.value];
    // The first of several wins: it is written last.
    for (const source of sources.toReversed()) {
      const merged = this.#node(source, { path, keyAt: undefined });
      if (typeof merged.value === 'object' && merged.value !== null && !Array.isArray(merged.value)) {
        Object.assign(value, merged.value);
        for (const [key, place] of merged.place.children) children.set(key, place);
      } else this.#report(pair.key, [...path, '<<'], 'is no mapping, expected an alias of one');
    }
  }

  #key(node: Node | null, path: Path): string | undefined {
    const isText = isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number');
    const key = this.#unveil(isText ? String(node.source ?? node.value) : '?');
    // zod passes over `__proto__`: it would be an unknown key that nobody reports.
    if (isText && key !== '__proto__') return key;
    this.#report(node, [...path, key], 'is not usable as a key, expected plain text');
    return undefined;
  }

  #scalar(node: Scalar, spot: Spot): unknown {
    if (typeof node.value !== 'string') return node.value;
    const { text, isFilled, problems } = fill(this.#unveil(node.value), this.#env);
    for (const message of problems) this.#unread(node, spot, message);
    return isFilled && node.type === Scalar.PLAIN ? new Filled(text) : text;
  }

  #unread(node: Node | null | undefined, { path, keyAt }: Spot, message: string): void {
    this.problems.push({ path, offset: node?.range?.[0] ?? keyAt ?? 0, message, isUnread: true });
  }

  #report(node: Node | null, path: Path, message: string): void {
    this.problems.push({ path, offset: node?.range?.[0] ?? 0, message, isUnread: false });
  }
}

function leaf(value: unknown, node: Node | null | undefined, { keyAt }: Spot): Tree {
  const valueAt = node?.range?.[0] ?? keyAt ?? 0;
  return { value, place: { keyAt, valueAt, isScalar: value !== null, children: new Map() } };
}

function collection(node: Node, keyAt: number | undefined, children: Place['children']): Place {
  return { keyAt, valueAt: node.range?.[0] ?? 0, isScalar: false, children };
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<';
}
