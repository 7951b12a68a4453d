import { parseDocument, type YAMLError } from 'yaml';
import { type Environment, veil } from './placeholder.ts';
import { type ReadProblem, type Tree, TreeReader } from './tree-reader.ts';

/** What came of reading a text. */
export interface TreeResult {
  /** `undefined` where the text is too broken to look further. */
  readonly tree: Tree | undefined;
  readonly problems: readonly ReadProblem[];
}

/**
 * Our words for what the YAML parser says, where its own are for programmers or repeat what stands in the file,
 * which may be a password.
 */
const MESSAGES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_DIRECTIVE: 'a line that begins with % is not understood, expected none',
  BAD_DQ_ESCAPE:
    'a text in double quotes has an escape that YAML does not know, expected \\\\ for a backslash',
  BAD_SCALAR_START: 'a value begins with a character that YAML keeps for itself, expected quotes around it',
  MULTIPLE_DOCS: 'a second document begins here, expected one',
  TAB_AS_INDENT: 'a tab is used as indentation, expected spaces',
  TAG_RESOLVE_FAILED: 'a tag (!…) is not known here, expected a plain value',
  UNEXPECTED_TOKEN: 'this is out of place, expected `key: value` or `- entry`, each on a line of its own',
};

/** Reads YAML with the place of every value. Never throws for what stands in the text. */
export function readTree(text: string, env: Environment): TreeResult {
  const veiled = veil(text);
  const document = parseDocument(veiled.text, { prettyErrors: false, uniqueKeys: false });
  const [error] = document.errors.toSorted((a, b) => isTab(b) - isTab(a) || a.pos[0] - b.pos[0]);
  // Where one thing is out of place, the parser stumbles over all that follows.
  if (error !== undefined) return { tree: undefined, problems: [syntaxProblem(error)] };
  const reader = new TreeReader(document, veiled.unveil, env);
  const tree = reader.read();
  return { tree, problems: [...document.warnings.map(syntaxProblem), ...reader.problems] };
}

function syntaxProblem({ code, message, pos }: YAMLError): ReadProblem {
  return {
    path: [],
    offset: pos[0],
    message: MESSAGES[code] ?? `${message}, expected YAML`,
    isUnread: false,
  };
}

/** A tab is what was wrong, whatever else it leads to. */
function isTab({ code }: YAMLError): number {
  return code === 'TAB_AS_INDENT' ? 1 : 0;
}
