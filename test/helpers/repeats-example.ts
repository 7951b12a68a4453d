import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scope } from './scope.ts';

const README = new URL('../../internal/sinks/kafka/README.md', import.meta.url);

export interface RepeatsExample {
  readonly Repeats: new () => { has(headers: Readonly<Record<string, string | Buffer>>): boolean };
}

/** The consumer's example as it stands in the document of the Kafka sink: what is shown there is what is tested. */
export async function repeatsExample(scope: Scope): Promise<RepeatsExample> {
  const blocks = (await readFile(README, 'utf8')).split('```js\n');
  const block = blocks.find(each => each.includes('class Repeats'))!;
  const file = join(await scope.folder(), 'repeats.mjs');
  await writeFile(file, block.slice(0, block.indexOf('```')));
  return (await import(pathToFileURL(file).href)) as RepeatsExample;
}
