import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { METRICS } from '../internal/metrics/table.ts';

const ASKS = /\.(counter|gauge|histogram)\(\s*'([^']+)'/g;

test('every metric that the source asks for is in the table, as that type', () => {
  const asked = globSync('internal/**/*.ts', { exclude: ['**/*.test.ts'] }).flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(ASKS)].map(([, type, name]) => ({ file, type, name: name! })),
  );
  assert.ok(asked.length > 10, 'the pattern finds the calls');
  for (const { file, type, name } of asked) {
    assert.equal(METRICS.get(name)?.type, type, `${name} in ${file}`);
  }
});
