import { errorText } from '../../pkg/errors/errors.ts';
import { splitNanos } from './instant.ts';
import { formatLabels, type LabelPair } from './labels.ts';
import type { PushTable } from './push-table.ts';

/**
 * Decodes Loki's JSON push, `{"streams":[{"stream":{…},"values":[["<ns>","<line>",{metadata}]]}]}`, into
 * `table`. Returns the text of a 400 when it is malformed.
 */
export function decodeJsonPush(body: Buffer, table: PushTable): string | undefined {
  const streams = parseStreams(body);
  if (typeof streams === 'string') return streams;
  const lines: Buffer[] = [];
  table.reset(Buffer.alloc(0));
  let offset = 0;
  for (const stream of streams) {
    const labels = stringPairs(isRecord(stream) ? stream.stream : undefined);
    const values = isRecord(stream) ? stream.values : undefined;
    if (labels === undefined || !Array.isArray(values)) return 'Value is not a stream with labels and values';
    const from = table.count;
    for (const value of values as unknown[]) {
      const line = readEntry(value, table);
      if (typeof line === 'string') return line;
      table.start[table.count - 1] = offset;
      offset += line.length;
      table.end[table.count - 1] = offset;
      lines.push(line);
    }
    table.streams.push({ labels: formatLabels(labels), from, to: table.count });
  }
  table.bytes = Buffer.concat(lines, offset);
  return undefined;
}

function parseStreams(body: Buffer): readonly unknown[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (error) {
    return `Value is not valid JSON: ${errorText(error)}`;
  }
  const streams = isRecord(parsed) ? parsed.streams : undefined;
  if (streams === undefined || streams === null) return [];
  return Array.isArray(streams) ? streams : 'Value is not an array of streams';
}

/** Adds an entry for `[time, line, metadata?]` and returns its line, or what is wrong with it. */
function readEntry(value: unknown, table: PushTable): Buffer | string {
  if (!Array.isArray(value)) return 'Value is not an entry of time and line';
  const [time, line, metadata = {}] = value as unknown[];
  if (typeof time !== 'string' || !/^-?\d{1,19}$/.test(time)) return 'Value is not a time in nanoseconds';
  if (typeof line !== 'string') return 'Value is not a line';
  const pairs = stringPairs(metadata);
  if (pairs === undefined) return 'Value is not structured metadata';
  const entry = table.add();
  const { sec, nanos } = splitNanos(time);
  table.sec[entry] = sec;
  table.nanos[entry] = nanos;
  table.metadataPairs[entry] = pairs.length;
  table.metadataBytes[entry] = pairs.reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text),
    0,
  );
  return Buffer.from(line);
}

function stringPairs(value: unknown): LabelPair[] | undefined {
  if (!isRecord(value)) return undefined;
  const pairs: LabelPair[] = [];
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') return undefined;
    pairs.push([name, text]);
  }
  return pairs;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
