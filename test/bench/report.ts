import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { BenchResult } from './bench.ts';

/** Without these, figures say nothing. */
export interface Circumstances {
  readonly machine: string;
  readonly node: string;
  readonly commit: string;
}

/** Those of this process. */
export function circumstances(): Circumstances {
  return { machine: machine(), node: process.version, commit: commit() };
}

export function printCircumstances({ machine, node, commit }: Circumstances): void {
  process.stdout.write(`${machine} · Node ${node} · commit ${commit}\n`);
}

/** Prints figures one below the other. */
export function printResult({ name, figures }: BenchResult): void {
  process.stdout.write(`\n${name}\n`);
  const width = Math.max(...Object.keys(figures).map(key => key.length));
  for (const [key, value] of Object.entries(figures)) {
    const text = typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 2 }) : value;
    process.stdout.write(`  ${key.padEnd(width)}  ${text}\n`);
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'not a checkout';
  }
}

function machine(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${gib} GiB, ${process.platform}`;
}
