import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the helpers need of `node:test`'s context: a place to say what is to be cleaned up. */
export interface TestScope {
  after(fn: () => Promise<void> | void): void;
}

/** A process of this project under test. */
export interface TestProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has written to stderr so far. */
  stderr(): string;
  /** Resolves with the first line on `stream` that matches; rejects when the process ends without one. */
  line(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

/** How a program is started. */
export interface LaunchOptions {
  /** Where it runs; default: where the test does. */
  readonly dir?: string;
  /** A command that becomes the program: `setpriv …`, say. */
  readonly through?: readonly string[];
  /** What is started; default: this checkout. */
  readonly program?: readonly string[];
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

export const MAIN = fileURLToPath(new URL('../../cmd/log-capturer/main.ts', import.meta.url));

/** Starts `log-capturer` with these arguments, as a user does from a checkout; it ends with the test at the latest. */
export function startProgram(
  scope: TestScope,
  args: readonly string[],
  { dir, through = [], program = [process.execPath, MAIN], env }: LaunchOptions = {},
): TestProcess {
  const [command = '', ...rest] = [...through, ...program, ...args];
  const child = spawn(command, rest, {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const output = { stdout: '', stderr: '' };
  const wakers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const wake of wakers) wake();
    });
  }
  const exited = new Promise<number | NodeJS.Signals>(resolve => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
  });
  scope.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    child,
    pid: child.pid!,
    stderr: () => output.stderr,
    exited,
    line: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = output[stream]
            .split('\n')
            .slice(0, -1)
            .find(line => pattern.test(line));
          if (found === undefined) return;
          wakers.delete(look);
          resolve(found);
        };
        wakers.add(look);
        void exited.then(how => reject(new Error(`ended (${how}) without ${pattern}: ${output.stderr}`)));
        look();
      }),
  };
}
