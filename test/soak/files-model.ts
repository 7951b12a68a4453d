import { spawn } from 'node:child_process';

/** Runs the file monitor's model test with so many histories; the exit code. It prints the shortest that goes wrong. */
export async function runFilesModel(histories: string): Promise<number> {
  const args = ['--test', '--test-timeout=0', 'internal/monitors/file/model.test.ts'];
  const env = { ...process.env, MODEL_RUNS: histories };
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  return new Promise(resolve => child.on('exit', code => resolve(code ?? 1)));
}
