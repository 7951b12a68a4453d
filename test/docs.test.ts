/** What the pages for people name has to exist: keys, metrics, alerts, files; and their examples have to pass `check`. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../internal/config/load.ts';
import { formatError } from '../internal/config/problem.ts';
import { renderDocuments } from '../internal/config/render/documents.ts';
import { exportedName, METRICS } from '../internal/metrics/table.ts';

const TOP = join(import.meta.dirname, '..');
const PAGES = ['README.md', ...globSync('{configs,deploy}/**/*.md', { cwd: TOP })];
const SINKS = { loki: { url: 'http://loki:3100' } };
const ENV = { LOKI_URL: 'http://loki:3100' };

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const schema = JSON.parse(renderDocuments().get('configs/schema.json') ?? '') as Schema;

/** Whether a path such as `dispatcher.queue_bytes` leads to a key. */
function isKey(path: string): boolean {
  let at: Schema | undefined = schema;
  for (const name of path.split('.')) at = (at?.items ?? at)?.properties?.[name];
  return at !== undefined;
}

const metrics = new Set([...METRICS.keys()].map(exportedName));

for (const page of PAGES)
  describe(page, () => {
    const text = readFileSync(join(TOP, page), 'utf8');

    it('names keys that exist', () => {
      const named = [
        ...text.matchAll(/`((?:log|server|file_monitor|docker_monitor|dispatcher|dlq)\.[a-z_.]+)[`:=]/g),
      ];
      assert.deepEqual(
        named.map(([, path = '']) => path).filter(path => !isKey(path)),
        [],
      );
    });

    it('names metrics that exist', () => {
      const named = [...text.matchAll(/`(log_capturer_[a-z_]+|(?:nodejs|process)_[a-z_]+)`/g)];
      assert.deepEqual(
        named.map(([, name = '']) => name).filter(name => !metrics.has(name)),
        [],
      );
    });

    it('links to files that are there', () => {
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path);
      assert.deepEqual(
        links.filter(path => !existsSync(join(TOP, dirname(page), path))),
        [],
      );
    });

    it('has examples that pass check', () => {
      for (const [, yaml = ''] of text.matchAll(/```yaml\n(.*?)```/gs)) {
        const result = parseConfig(page, stringify({ sinks: SINKS, ...parse(yaml) }), ENV);
        assert.deepEqual(result.ok ? [] : result.errors.map(formatError), [], yaml);
      }
    });
  });
