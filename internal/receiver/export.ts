import type { ServerResponse } from 'node:http';
import { nanosText } from './instant.ts';
import { asObject } from './labels.ts';
import type { Segment } from './segment.ts';
import type { Store } from './store.ts';

/** One line of `GET /export`. */
export interface ExportedLine {
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970. */
  readonly ts: string;
  readonly line: string;
}

/** Writes all kept entries as JSON lines, in order of arrival, no faster than the client reads. */
export async function exportLines(store: Store, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const labels = new Map<number, string>();
  for (const { id, labels: pairs } of store.streams.values()) labels.set(id, JSON.stringify(asObject(pairs)));
  for (const segment of store.segments()) {
    if (response.destroyed) return;
    if (!response.write(segmentText(segment, labels))) await drained(response);
  }
  response.end();
}

function segmentText(segment: Segment, labels: ReadonlyMap<number, string>): string {
  let text = '';
  for (let i = 0; i < segment.count; i++) {
    const ts = nanosText(segment.sec[i]!, segment.nanos[i]!);
    const line = JSON.stringify(segment.line(i).toString('utf8'));
    text += `{"labels":${labels.get(segment.stream[i]!) ?? '{}'},"ts":"${ts}","line":${line}}\n`;
  }
  return text;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
