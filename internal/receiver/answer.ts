/** What the receiver says to a push. `text` goes without its newline, and a 204 has none. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

export const STORED: Answer = { status: 204, text: '' };

/** Several errors of one push in one text, equal ones counted, as Loki's distributor groups them. */
export function groupErrors(errors: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const error of errors) counts.set(error, (counts.get(error) ?? 0) + 1);
  const isPlain = counts.size === 1 && errors.length === 1;
  return [...counts].map(([text, count]) => (isPlain ? text : `${count} errors like: ${text}`)).join('; ');
}

/** RFC 3339 in UTC to the second, as Loki writes the times in its texts. */
export function rfc3339(sec: number): string {
  const date = new Date(sec * 1000);
  return Number.isNaN(date.getTime()) ? `${sec}s` : `${date.toISOString().slice(0, -5)}Z`;
}

/** As Go prints a time: `2026-11-21 04:24:32.373 +0000 UTC`. */
export function goTime(sec: number, nanos: number): string {
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${rfc3339(sec).replace('T', ' ').replace('Z', '')}${fraction} +0000 UTC`;
}

const UNITS = ['', 'K', 'M', 'G'];

/** As Loki prints sizes: in the largest unit of which it is a whole number, `3MB`. */
export function goBytes(bytes: number): string {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes > 0 && bytes % 1024 ** (unit + 1) === 0) unit++;
  return `${bytes / 1024 ** unit}${UNITS[unit]}B`;
}
