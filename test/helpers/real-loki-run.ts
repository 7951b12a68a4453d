import { join } from 'node:path';
import { pathsToLoki } from './agent.ts';
import { assertWhole, type WrittenLog } from './arrivals.ts';
import { readBack } from './loki-reader.ts';
import { NumberedLog } from './numbered-log.ts';
import { until } from './until.ts';

/** Logs `NAME.log` in a folder, by name. */
export function logsIn(dir: string, ...names: readonly string[]): NumberedLog[] {
  return names.map(name => new NumberedLog(name, join(dir, `${name}.log`)));
}

/** The config of an agent that ships the logs of a folder to a tenant. */
export function shipping(
  dir: string,
  url: string,
  sink: Readonly<Record<string, unknown>>,
  dispatcher: object = {},
): Readonly<Record<string, unknown>> {
  const config = pathsToLoki([join(dir, '*.log')], url, dispatcher);
  return { ...config, sinks: { loki: { url, timeout: '5s', ...sink } } };
}

/** Waits until a Loki has the last line of each log, and fails unless it has every line once, in the order of time. */
export async function assertKept(
  url: string,
  tenant: string,
  logs: readonly (WrittenLog & { readonly path: string })[],
) {
  for (const log of logs) {
    const selector = `{filename=${JSON.stringify(log.path)}}`;
    const last = `${selector} |= \`${log.source} ${log.lines - 1} \``;
    await until(
      async () => (await readBack(url, last, tenant).next()).done,
      isNothing => isNothing === false,
    );
    await assertWhole(readBack(url, selector, tenant), [log]);
  }
}
