import type { ExportedLine } from '../../internal/receiver/export.ts';

/** Lines asked for at a time: what Loki's parts send each other is limited to 4 MiB. */
const PAGE = 2000;
/** Loki asks for a range: what tests send is within. */
const DAYS = 8;
/** Labels of the stream alone: without it those of its lines' metadata are among them. */
const STREAM_LABELS = { 'x-loki-response-encoding-flags': 'categorize-labels' };

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [ts: string, line: string])[];
    }[];
  };
}

/**
 * Reads back what a Loki gives of a tenant, page by page in the order of time. Lines of one time belong to one page:
 * a selector names one stream, or a test has not many lines.
 */
export async function* readBack(
  url: string,
  selector: string,
  tenant = '',
): AsyncGenerator<ExportedLine, void, undefined> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const dayNs = 86_400_000_000_000n;
  let startNs = nowNs - BigInt(DAYS) * dayNs;
  for (;;) {
    const query = new URLSearchParams({
      ...{ query: selector, direction: 'forward', limit: String(PAGE) },
      ...{ start: String(startNs), end: String(nowNs + dayNs) },
    });
    const response = await fetch(`${url}/loki/api/v1/query_range?${query}`, {
      headers: { 'x-scope-orgid': tenant, ...STREAM_LABELS },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`query_range: ${response.status} ${text}`);
    const lines = (JSON.parse(text) as Answer).data.result.flatMap(({ stream: labels, values }) =>
      values.map(([ts, line]): ExportedLine => ({ labels, ts, line })),
    );
    lines.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
    yield* lines;
    if (lines.length < PAGE) return;
    startNs = BigInt(lines.at(-1)!.ts) + 1n;
  }
}

/** All that a Loki keeps of a tenant that has little, as `labels line`, sorted. */
export async function keptOf(url: string, tenant: string): Promise<string[]> {
  const kept: string[] = [];
  for await (const { labels, line } of readBack(url, '{service_name=~".+"}', tenant))
    kept.push(`${JSON.stringify(Object.fromEntries(Object.entries(labels).sort()))} ${line}`);
  return kept.sort();
}
