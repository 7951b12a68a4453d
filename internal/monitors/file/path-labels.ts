/** A part of a name: what has to stand there, or a label that takes what stands there. */
type Piece = { readonly text: string } | { readonly label: string };

const PLACEHOLDER = /\{([^{}]*)\}|\*/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Labels that stand in a path: `/var/log/pods/{namespace}_{pod}_{uid}/{container}/*.log`. A name in braces takes
 * everything up to what follows it, at least a character and never a slash; a `*` takes it for nobody. Every name of the
 * path is looked at once, whatever stands in it.
 *
 *     new PathLabels('/logs/{app}-*.log').of('/logs/shop-1.log');   // { app: 'shop' }
 */
export class PathLabels {
  readonly #names: readonly (readonly Piece[])[];

  /** Throws `SyntaxError` for what is no template. */
  constructor(template: string) {
    this.#names = template.split('/').map(piecesOf);
    const labels = this.#names
      .flat()
      .flatMap(piece => ('label' in piece && piece.label !== '' ? [piece.label] : []));
    if (!template.startsWith('/')) throw new SyntaxError('does not begin with a slash');
    if (labels.length === 0) throw new SyntaxError('names no label');
    const twice = labels.find((label, i) => labels.indexOf(label) !== i);
    if (twice !== undefined) throw new SyntaxError(`names {${twice}} twice`);
  }

  /** The labels of a path; none where it does not look as the template says. */
  of(path: string): Readonly<Record<string, string>> {
    const names = path.split('/');
    const labels: Record<string, string> = {};
    const isMatch =
      names.length === this.#names.length && names.every((name, i) => take(name, this.#names[i]!, labels));
    return isMatch ? labels : {};
  }
}

/** A label of no name is that of a `*`. */
function piecesOf(name: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = name;
  for (let match = PLACEHOLDER.exec(rest); match !== null; match = PLACEHOLDER.exec(rest)) {
    const [placeholder, label = ''] = match;
    if (placeholder !== '*' && !LABEL_NAME.test(label))
      throw new SyntaxError(`{${label}} is not a label name`);
    if (match.index > 0) pieces.push({ text: rest.slice(0, match.index) });
    else if (pieces.length > 0)
      throw new SyntaxError(`has nothing before ${placeholder} that ends what is before it`);
    pieces.push({ label });
    rest = rest.slice(match.index + placeholder.length);
  }
  if (/[{}]/.test(rest)) throw new SyntaxError('has a brace without its other half');
  if (rest !== '') pieces.push({ text: rest });
  return pieces;
}

/** Takes one name of a path apart; `false` where it does not fit. */
function take(name: string, pieces: readonly Piece[], labels: Record<string, string>): boolean {
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    if ('text' in piece) {
      if (!name.startsWith(piece.text, at)) return false;
      at += piece.text.length;
      continue;
    }
    const next = pieces[i + 1];
    const end = next === undefined ? name.length : endBefore(name, at, next, i + 2 === pieces.length);
    if (end <= at) return false;
    if (piece.label !== '') labels[piece.label] = name.slice(at, end);
    at = end;
  }
  return at === name.length;
}

/** Where the text stands that follows a placeholder: the first, or with nothing behind it the last. */
function endBefore(name: string, at: number, next: Piece, isLast: boolean): number {
  const text = 'text' in next ? next.text : '';
  return isLast ? name.length - text.length : name.indexOf(text, at + 1);
}
