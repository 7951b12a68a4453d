import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { type Environment, veil } from './placeholder.ts';
import { type ReadProblem, type Tree, TreeReader } from './tree-reader.ts';

/** What came of reading a text. */
export interface TreeResult {
  /** Offsets to lines and columns. */
  readonly lines: LineCounter;
  /** `undefined` where the text is too broken to look further. */
  readonly tree: Tree | undefined;
  readonly problems: readonly ReadProblem[];
}

/** What the YAML parser says, in our words where its own are for programmers. */
const MESSAGES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  MULTIPLE_DOCS: 'a second document begins here, expected one',
  TAB_AS_INDENT: 'a tab is used as indentation, expected spaces',
  TAG_RESOLVE_FAILED: 'a tag (!…) is not known here, expected a plain value',
};

/** Reads YAML with the place of every value. Never throws for what stands in the text. */
export function readTree(text: string, env: Environment): TreeResult {
  const lines = new LineCounter();
  const veiled = veil(text);
  const document = parseDocument(veiled.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const problems = [...document.errors, ...document.warnings].map(({ code, pos, message }): ReadProblem => {
    const text = MESSAGES[code] ?? `${veiled.unveil(message)}, expected YAML`;
    return { path: [], offset: pos[0], message: text, isUnread: false };
  });
  if (document.errors.length > 0) return { lines, tree: undefined, problems };
  const reader = new TreeReader(document, veiled.unveil, env);
  const tree = reader.read();
  return { lines, tree, problems: [...problems, ...reader.problems] };
}
