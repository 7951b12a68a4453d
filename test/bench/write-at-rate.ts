import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { logLine } from '../helpers/log-lines.ts';

const WRITES_PER_SECOND = 100;

/** Writes numbered lines to a new file, evenly spread over the time. Resolves with how many. */
export async function writeAtRate(path: string, linesPerSecond: number, seconds: number): Promise<number> {
  const file = createWriteStream(path);
  const perWrite = linesPerSecond / WRITES_PER_SECOND;
  const start = performance.now();
  let lines = 0;
  for (let write = 1; write <= seconds * WRITES_PER_SECOND; write++) {
    let block = '';
    for (const end = lines + perWrite; lines < end; lines++) block += `${logLine('app', lines)}\n`;
    file.write(block);
    const aheadMs = start + (write * 1000) / WRITES_PER_SECOND - performance.now();
    if (aheadMs > 1) await sleep(aheadMs);
  }
  file.end();
  await once(file, 'finish');
  return lines;
}
