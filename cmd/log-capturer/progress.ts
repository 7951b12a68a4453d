import type { WriteStream } from 'node:tty';

/** Shown while long work goes on. */
export interface ProgressBar {
  readonly show: (done: number, total: number) => void;
  /** Takes the bar away. */
  end(): void;
}

const WIDTH = 30;
/** Redrawn so often at most. */
const PERIOD_MS = 100;

/** A bar on a terminal; nothing where `output` is none. */
export function progressBar(output: Pick<WriteStream, 'isTTY' | 'write'>, label: string): ProgressBar {
  if (!output.isTTY) return { show: () => undefined, end: () => undefined };
  let shownAtMs = 0;
  return {
    show: (done, total) => {
      const nowMs = performance.now();
      if (nowMs - shownAtMs < PERIOD_MS) return;
      shownAtMs = nowMs;
      const part = total === 0 ? 1 : Math.min(done / total, 1);
      const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.');
      output.write(`\r${label} [${bar}] ${Math.round(part * 100)} %`);
    },
    end: () => void output.write('\r\u001b[K'),
  };
}
