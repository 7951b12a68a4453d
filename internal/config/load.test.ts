import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type Config, maskedConfig } from './config.ts';
import { parseConfig } from './load.ts';
import { formatError } from './problem.ts';

const SOURCES = 'file_monitor: { sources: [{ name: a, paths: [/a.log] }] }\n';
const LOKI = 'sinks: { loki: { url: "http://127.0.0.1:3100" } }\n';

function load(text: string, env: Record<string, string> = {}): Config {
  const result = parseConfig('test.yaml', text, env);
  assert.deepEqual(result.ok ? [] : result.errors.map(formatError), []);
  assert.ok(result.ok);
  return result.config;
}

describe('a good config', () => {
  it('gets every default, in bytes and milliseconds', () => {
    const config = load(SOURCES + LOKI);
    assert.equal(config.stateDir, './state');
    assert.deepEqual(config.server, { enabled: true, host: '127.0.0.1', port: 8001, token: undefined });
    assert.equal(config.dispatcher.queueBytes, 67_108_864);
    assert.equal(config.dispatcher.shutdownTimeoutMs, 30_000);
    assert.deepEqual(config.dispatcher.circuitBreaker, { failures: 5, resetMs: 10_000 });
    assert.equal(config.dlq.maxAgeMs, 604_800_000);
    assert.equal(config.fileMonitor.sources[0]?.maxLineBytes, 262_144);
    assert.deepEqual(config.dockerMonitor.engines, []);
  });

  it('has all settings of a lane in each sink: its own, else those of the dispatcher', () => {
    const config = load(`${SOURCES}
dispatcher: { queue_size: 1000, batch_size: 50, workers: auto }
sinks:
  loki: { url: http://a, batch_timeout: 250ms, retry_queue_size: 7, copy_mode: optimized }
  second: { type: loki, url: http://b, workers: 3 }
`);
    const [first, second] = config.sinks.map(({ dispatch }) => dispatch);
    assert.equal(first?.batchSize, 50);
    assert.equal(first?.batchTimeoutMs, 250);
    assert.equal(first?.retryQueueSize, 7);
    assert.equal(first?.copyMode, 'optimized');
    assert.equal(first?.workers, 2 * availableParallelism());
    assert.equal(second?.workers, 3);
    assert.equal(second?.retryQueueSize, 100);
    assert.deepEqual(Object.keys(first ?? {}), Object.keys(second ?? {}));
  });

  it("takes a sink's type from its name and keeps its options apart", () => {
    const [sink] = load(SOURCES + LOKI).sinks;
    assert.ok(sink?.type === 'loki');
    assert.equal(sink.name, 'loki');
    assert.equal(sink.options.url, 'http://127.0.0.1:3100/loki/api/v1/push');
    assert.equal(sink.options.timeoutMs, 10_000);
    assert.ok(!('workers' in sink.options));
  });

  it('leaves the path of a url alone where there is one', () => {
    const [sink] = load(`${SOURCES}sinks: { loki: { url: "https://a/b/push" } }`).sinks;
    assert.ok(sink?.type === 'loki');
    assert.equal(sink.options.url, 'https://a/b/push');
  });

  it('is frozen through and through', () => {
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      assert.ok(Object.isFrozen(value), inspect(value));
      for (const inner of Object.values(value)) visit(inner);
    };
    visit(load(`${SOURCES}server: { token: x }\n${LOKI}`));
  });

  it('fills in placeholders also inside braces, each as its key wants it', () => {
    const env = { PORT: '9000', HOSTNAME: '123e45', ON: 'false', TRICK: '{ a: b }' };
    const config = load(
      `${SOURCES}server: { port: \${PORT}, enabled: \${ON}, host: \${NONE:-::1} }
sinks: { loki: { url: "http://a", labels: { host: \${HOSTNAME}, trick: \${TRICK} } } }`,
      env,
    );
    assert.deepEqual(config.server, { enabled: false, host: '::1', port: 9000, token: undefined });
    assert.ok(config.sinks[0]?.type === 'loki');
    assert.deepEqual({ ...config.sinks[0].options.labels }, { host: '123e45', trick: '{ a: b }' });
  });

  it('may use anchors and merge keys, where its own keys win', () => {
    const config = load(`
x-labels: &labels { job: base, host: h }
x-more: &more { host: m, zone: z }
file_monitor:
  sources:
    - { name: a, paths: [/a.log], labels: { job: own, <<: [*labels, *more] } }
    - { name: b, paths: [/b.log], labels: *labels }
${LOKI}`);
    const [a, b] = config.fileMonitor.sources.map(({ labels }) => ({ ...labels }));
    assert.deepEqual(a, { job: 'own', host: 'h', zone: 'z' });
    assert.deepEqual(b, { job: 'base', host: 'h' });
  });

  it('may leave out a label that a source adds, with null', () => {
    const config = load(
      `file_monitor: { sources: [{ name: a, paths: [/a], labels: { filename: null } }] }\n${LOKI}`,
    );
    assert.equal(config.fileMonitor.sources[0]?.labels.filename, null);
  });

  it('may have empty blocks', () => {
    assert.equal(load(`${SOURCES}${LOKI}dlq:\nserver:\n`).server.port, 8001);
  });
});

describe('secrets', () => {
  const text = `${SOURCES}server: { token: \${SECRET} }
sinks:
  loki: { url: "https://a", auth: { basic: { user: u, password: "x\${SECRET}" } } }
  two: { type: loki, url: "https://a", auth: { bearer: \${SECRET} } }
`;
  const config = load(text, { SECRET: 'hunter2' });

  it('are there for those who use them', () => {
    assert.equal(config.server.token?.reveal(), 'hunter2');
    assert.ok(config.sinks[0]?.type === 'loki');
    assert.equal(config.sinks[0].options.auth?.basic?.password.reveal(), 'xhunter2');
  });

  it('are masked wherever the config is shown', () => {
    const masked = maskedConfig(config);
    assert.match(JSON.stringify(masked), /"token":"\*\*\*"/);
    for (const shown of [
      JSON.stringify(config),
      JSON.stringify(masked),
      inspect(config, { depth: null, showHidden: true }),
    ])
      assert.doesNotMatch(shown, /hunter2/);
  });

  it('are not repeated by errors, wherever they were put', () => {
    const wrong = text
      .replace(
        'url: "https://a", auth',
        'url: "https://u:${SECRET}@a", match: "{${SECRET}", timeout: ${SECRET}, auth',
      )
      .concat(
        'dispatcher: { workers: ${SECRET}, copy_mode: ${SECRET}, batch_bytes: ${SECRET} }\nlog: ${SECRET}\n',
      );
    const result = parseConfig('test.yaml', wrong, { SECRET: 'hunter2' });
    assert.ok(!result.ok);
    assert.equal(result.errors.length, 7);
    assert.doesNotMatch(JSON.stringify(result), /hunter2/);
  });
});
