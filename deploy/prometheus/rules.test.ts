import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { CONSERVATION_PROMQL } from '../../internal/metrics/conservation.ts';
import { exportedName, METRICS } from '../../internal/metrics/table.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
const { groups } = parse(read('rules.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap(group => group.rules);

describe('alert rules', () => {
  it('ask for nothing that the agent does not export, by labels that it has', () => {
    const specs = new Map([...METRICS].map(([name, spec]) => [exportedName(name), spec]));
    const asked = rules.flatMap(({ expr }) => [
      ...expr.matchAll(/\b((?:log_capturer|process)_[a-z_]+?)(?:_bucket|_count)?\b(?:\{(\w+))?/g),
    ]);
    assert.ok(asked.length > rules.length, 'the pattern finds them');
    for (const [, name = '', label] of asked) {
      if (name === 'log_capturer_logs_') continue; // a pattern over several names
      const spec = specs.get(name);
      assert.ok(spec, name);
      assert.ok(label === undefined || label === 'job' || spec.labels.includes(label), `${label} of ${name}`);
    }
  });

  it('the one on conservation is the one that the metrics room defines', () => {
    assert.equal(rules.find(({ alert }) => alert === 'ConservationBroken')?.expr, CONSERVATION_PROMQL);
  });

  it('each says how bad it is, what has happened and what to do, and is tested', () => {
    const tests = read('rules.test.yaml');
    for (const { alert, labels, annotations } of rules) {
      assert.match(labels.severity ?? '', /^(critical|warning)$/, alert);
      assert.ok(annotations.summary && annotations.action, alert);
      assert.ok(tests.includes(`alertname="${alert}"`), `${alert} is not in rules.test.yaml`);
    }
  });

  it('the two that dashboards and runbooks go by are there', () => {
    const names = rules.map(({ alert }) => alert);
    assert.ok(names.includes('RetryQueueCritical') && names.includes('RetryDropsIncreasing'));
  });
});
