/**
 * Runs the tests with Node's own runner: `run.ts unit` takes every `*.test.ts` beside its source and the suites
 * that need nothing but this checkout; `run.ts integration` takes `test/integration`, which needs real parts;
 * `run.ts loki PATH` takes `test/real-loki`, which needs a Loki (or `LOG_CAPTURER_LOKI` names it).
 * More arguments are passed on, or name files: `run.ts unit pkg/queue`.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const [suite = 'unit', ...rest] = process.argv.slice(2);
const PATTERNS: Record<string, string[]> = {
  unit: [
    '{cmd,deploy,internal,pkg}/**/*.test.ts',
    'test/{contract,helpers,pipeline,e2e,soak}/**/*.test.ts',
    'test/*.test.ts',
  ],
  integration: ['test/integration/**/*.test.ts'],
  loki: ['test/real-loki/*.test.ts'],
};

/**
 * Files at a time: as many as there are cores, for most tests wait for something. Integration tests do so for engines and
 * brokers: two, whatever the number of cores.
 */
const CONCURRENCY: Record<string, string[]> = {
  unit: [`--test-concurrency=${Math.max(2, availableParallelism())}`],
  integration: ['--test-concurrency=2'],
  loki: ['--test-concurrency=1'],
};

const loki =
  process.env.LOG_CAPTURER_LOKI ?? (suite === 'loki' && rest[0]?.includes('/') ? rest.shift() : undefined);

const wanted = rest.filter(argument => !argument.startsWith('-'));
const flags = rest.filter(argument => argument.startsWith('-'));
const files = (PATTERNS[suite] ?? [])
  .flatMap(pattern => globSync(pattern))
  .filter(file => wanted.length === 0 || wanted.some(part => file.includes(part)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`no tests match "${suite} ${rest.join(' ')}"\n`);
  process.exit(1);
}

// `--test-force-exit`: a test that ran into its time limit may still wait for something, and would do so for ever.
const child = spawn(
  process.execPath,
  ['--test', '--test-timeout=120000', '--test-force-exit', ...(CONCURRENCY[suite] ?? []), ...flags, ...files],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      LOG_CAPTURER_CHECK_LENDING: '1',
      ...(loki === undefined ? {} : { LOG_CAPTURER_LOKI: loki }),
    },
  },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
