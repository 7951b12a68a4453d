import assert from 'node:assert/strict';
import type { ExportedLine } from '../../internal/receiver/export.ts';
import { logLine } from './log-lines.ts';
import { judge } from './oracle.ts';
import type { TestReceiver } from './receiver.ts';

/** Numbered lines that were written: a file, a container. */
export interface WrittenLog {
  /** The first word of each. */
  readonly source: string;
  readonly lines: number;
}

/** Whether lines may overtake others of their source: only dead letters do. */
export type Order = 'in order' | 'in any order';

/** Waits until a receiver keeps as many lines as were written, and fails unless each is there once. */
export async function assertArrived(
  receiver: TestReceiver,
  logs: readonly WrittenLog[],
  order: Order = 'in order',
): Promise<void> {
  await receiver.until(stats => stats.lines >= linesOf(logs));
  await assertWhole(receiver.export(), logs, order);
}

/** Fails unless every line of `logs` is there, once, unchanged, and nothing else is. */
export async function assertWhole(
  arrived: AsyncIterable<ExportedLine> | Iterable<ExportedLine>,
  logs: readonly WrittenLog[],
  order: Order = 'in order',
): Promise<void> {
  const sources = Object.fromEntries(logs.map(({ source, lines }) => [source, lines]));
  const { outOfOrder, ...verdict } = await judge({ sources, line: logLine }, arrived);
  assert.deepEqual(verdict, { missing: 0, duplicates: 0, changed: 0 });
  if (order === 'in order') assert.equal(outOfOrder, 0, 'lines that arrived after a later one');
}

/** How many lines were written to all of them. */
export function linesOf(logs: readonly WrittenLog[]): number {
  return logs.reduce((sum, { lines }) => sum + lines, 0);
}

/** Everything that a receiver keeps now, in order of arrival. */
export async function keptBy(receiver: TestReceiver): Promise<ExportedLine[]> {
  const lines: ExportedLine[] = [];
  for await (const line of receiver.export()) lines.push(line);
  return lines;
}
