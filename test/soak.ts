/**
 * Long runs of model tests, with many more histories than CI has time for: `npm run soak -- files [HISTORIES]`.
 * Fails with the shortest history that is treated wrongly.
 */
import { spawn } from 'node:child_process';

const [name = '', histories = '100000'] = process.argv.slice(2);
const MODELS: Readonly<Record<string, string>> = { files: 'internal/monitors/file/model.test.ts' };

const model = MODELS[name];
if (model === undefined || !(Number(histories) > 0)) {
  process.stderr.write(`usage: npm run soak -- ${Object.keys(MODELS).join('|')} [HISTORIES]\n`);
  process.exit(2);
}
const child = spawn(process.execPath, ['--test', '--test-timeout=0', model], {
  stdio: 'inherit',
  env: { ...process.env, MODEL_RUNS: histories },
});
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
