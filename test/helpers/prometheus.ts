import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import { freePort } from './free-port.ts';
import { hasCommand } from './missing-part.ts';
import type { Scope } from './scope.ts';
import { until } from './until.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy/prometheus');

/** A rule as Prometheus reports it. */
export interface RuleReport {
  readonly name: string;
  /** `ok`, `err`, or `unknown` before its first turn. */
  readonly health: string;
  readonly lastError?: string;
  /** `inactive`, `pending` or `firing`. */
  readonly state: string;
}

/** A Prometheus that runs on the config and the rules of deploy/, but looks every second. */
export interface TestPrometheus {
  /** The samples of an instant query; rejects with Prometheus's words when it cannot be answered. */
  query(expr: string): Promise<readonly { readonly metric: object; readonly value: [number, string] }[]>;
  /** Every rule, when each has had its turn. */
  rules(): Promise<readonly RuleReport[]>;
}

/** Starts Prometheus to scrape `target` (host:port); without it the test is skipped loudly, and fails in CI. */
export async function startPrometheus(
  test: TestContext,
  scope: Scope,
  target: string,
): Promise<TestPrometheus | undefined> {
  if (!hasCommand(test, 'prometheus', 'prometheus')) return undefined;
  const dir = await scope.folder();
  const config = join(dir, 'prometheus.yaml');
  writeFileSync(config, ownConfig(target));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=${address}`,
  ];
  const child = spawn('prometheus', args, { stdio: 'ignore' });
  const ended = new Promise(resolve => child.once('exit', resolve));
  scope.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://${address}${path}`);
    const body = (await answer.json()) as { status: string; data: unknown; error?: string };
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  };
  await until(
    () =>
      fetch(`http://${address}/-/ready`).then(
        answer => answer.ok,
        () => false,
      ),
    Boolean,
  );
  return {
    query: async expr =>
      ((await get(`/api/v1/query?query=${encodeURIComponent(expr)}`)) as { result: [] }).result,
    rules: async () => {
      const ask = async (): Promise<RuleReport[]> =>
        ((await get('/api/v1/rules')) as { groups: { rules: RuleReport[] }[] }).groups.flatMap(
          ({ rules }) => rules,
        );
      return until(ask, rules => rules.length > 0 && rules.every(({ health }) => health !== 'unknown'));
    },
  };
}

function ownConfig(target: string): string {
  const config = parse(readFileSync(join(DEPLOY, 'prometheus.yaml'), 'utf8'));
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  config.rule_files = config.rule_files.map((file: string) => join(DEPLOY, file));
  config.scrape_configs[0].static_configs[0].targets = [target];
  return stringify(config);
}
