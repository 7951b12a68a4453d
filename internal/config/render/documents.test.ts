import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import type { Block } from '../../../pkg/spec/block.ts';
import { topSpec } from '../config.ts';
import { loadConfig, parseConfig } from '../load.ts';
import { formatError } from '../problem.ts';
import { SINK_PARSERS, SINK_SPECS } from '../sinks.ts';
import { renderDocuments } from './documents.ts';
import { entriesOf } from './walk.ts';

const TOP = join(import.meta.dirname, '../../..');
/** What the examples need to be set. */
const ENV = {
  LOKI_URL: 'https://loki.example.com',
  KAFKA_BROKERS: 'kafka:9092',
  KAFKA_USER: 'agent',
  KAFKA_PASSWORD: 'secret',
};

describe('documents', () => {
  for (const [path, text] of renderDocuments())
    it(`${path} is what \`npm run docs\` makes`, () => {
      assert.equal(readFileSync(join(TOP, path), 'utf8'), text);
    });

  const examples = globSync('configs/*.yaml', { cwd: TOP });
  it('there are examples', () => assert.ok(examples.length >= 3));
  for (const path of examples)
    it(`${path} passes check`, () => {
      const result = loadConfig(join(TOP, path), ENV);
      assert.deepEqual(result.ok ? [] : result.errors.map(formatError), []);
    });

  it('the sample says nothing else than the defaults', () => {
    const sample = loadConfig(join(TOP, 'configs/reference.yaml'), {});
    const text =
      'sinks: { loki: { url: "http://a" } }\nfile_monitor: { sources: [{ name: a, paths: [/a] }] }';
    const bare = parseConfig('bare.yaml', text, {});
    assert.ok(sample.ok && bare.ok);
    assert.deepEqual(sample.config.dispatcher, bare.config.dispatcher);
    assert.deepEqual(sample.config.server, bare.config.server);
    assert.deepEqual(sample.config.dlq, bare.config.dlq);
  });
});

describe('declarations', () => {
  it('every key is documented, and has a default or an example where its value is no block', () => {
    const undocumented = allEntries().filter(({ doc, block, example, default: value }) => {
      return doc === '' || (block === undefined && (example ?? value) === undefined);
    });
    const names = undocumented.map(({ path }) => path);
    assert.deepEqual(names, ['sinks']);
  });

  it('every example and default is valid', () => {
    const invalid = allEntries().filter(({ type, example, default: value }) =>
      [example, value].some(written => written !== undefined && !type.safeParse(written).success),
    );
    assert.deepEqual(
      invalid.map(({ path }) => path),
      [],
    );
  });

  it('sinks have no key of their own that all sinks have', () => {
    for (const [type, parser] of Object.entries(SINK_PARSERS)) {
      const own = Object.keys(SINK_SPECS[type as keyof typeof SINK_SPECS].shape).length;
      const all = Object.keys(parser.shape).length;
      assert.equal(all - own, Object.keys(SINK_PARSERS.console.shape).length - 1, type);
    }
  });
});

describe('JSON Schema', () => {
  const schema = JSON.parse(renderDocuments().get('configs/schema.json') ?? '');

  it('names every key of the sample', () => {
    const sample = parse(readFileSync(join(TOP, 'configs/reference.yaml'), 'utf8'));
    for (const [key, value] of Object.entries(sample)) {
      assert.ok(key in schema.properties, key);
      if (key === 'sinks' || typeof value !== 'object' || value === null) continue;
      for (const inner of Object.keys(value)) assert.ok(inner in schema.properties[key].properties, inner);
    }
    for (const key of Object.keys(sample.sinks.loki)) assert.ok(key in schema.$defs.loki.properties, key);
  });

  it('refuses keys that are not known', () => {
    assert.equal(schema.additionalProperties, false);
    assert.equal(schema.$defs.kafka.additionalProperties, false);
  });

  it('takes placeholders where numbers stand', () => {
    const port = schema.properties.server.properties.port;
    assert.deepEqual(port.anyOf.at(-1), { type: 'string', pattern: '\\$\\{' });
  });
});

/** Every key of every block, with its type. */
function allEntries() {
  const walk = (block: Block, path: string): ReturnType<typeof flatten> =>
    entriesOf(block).flatMap(entry => flatten(entry, block, path));
  const flatten = (entry: ReturnType<typeof entriesOf>[number], block: Block, path: string) => {
    const own = { ...entry, path: `${path}${entry.key}`, type: block.shape[entry.key]! };
    const inner: (typeof own)[] = entry.block === undefined ? [] : walk(entry.block, `${own.path}.`);
    return [own, ...inner];
  };
  const sinks = Object.entries(SINK_PARSERS).flatMap(([type, parser]) =>
    walk(parser as unknown as Block, `${type}.`),
  );
  return [...walk(topSpec as unknown as Block, ''), ...sinks];
}
