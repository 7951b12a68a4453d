/**
 * Rows as text for people, in columns as wide as their widest cell. Cells come from outside (paths, names):
 * what could move a terminal's cursor or hide text is shown as an escape.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map(row => row.map(printable));
  const widths = header.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)));
  const lines = cells.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map(line => `${line.trimEnd()}\n`).join('');
}

/** Text that a terminal prints as it is. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, character => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A heading, and facts below it; those that are not known are left out. */
export function facts(heading: string, rows: readonly (readonly [string, string | undefined])[]): string {
  const known = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  const lines = known.map(([name, value]) => `    ${name.padEnd(width)}  ${printable(value)}\n`);
  return `  ${printable(heading)}\n${lines.join('')}`;
}
