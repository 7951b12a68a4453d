import type { Stream } from '../../pkg/types/stream.ts';

/** A record as the JSON of the sinks tells it; `nanos` are nanoseconds since 1970. */
export interface JsonRecord {
  readonly line: string;
  readonly nanos: bigint;
}

/** The records of `stream` among lines of JSON, in order. */
export function arrivedAsJson(text: string, { labels }: Stream): JsonRecord[] {
  const arrived: JsonRecord[] = [];
  for (const json of text.split('\n').slice(0, -1)) {
    const record = JSON.parse(json) as { timestamp: string; line: string; labels: object };
    if (JSON.stringify(record.labels) !== JSON.stringify(labels)) continue;
    arrived.push({ line: record.line, nanos: nanosOf(record.timestamp) });
  }
  return arrived;
}

function nanosOf(timestamp: string): bigint {
  const [second = '', nanos = ''] = timestamp.split(/[.Z]/);
  return BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt(nanos);
}
