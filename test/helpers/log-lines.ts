import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** About 190 bytes a line, as a web server's log: half of it repeats, half of it differs. */
export function logLine(source: string, n: number): string {
  const mixed = Math.imul(n + 1, 2654435761) >>> 0;
  const ip = `${10 + (mixed & 63)}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}.${(mixed >>> 24) & 255}`;
  const head = `${source} ${n} ${ip} - - [21/Nov/2026:08:${two(n / 6000)}:${two(n / 100)} +0000]`;
  const request = `"GET /api/v1/items/${mixed}/reviews?page=${n % 50} HTTP/1.1" ${n % 97 === 0 ? 500 : 200} ${mixed % 90000}`;
  return `${head} ${request} "-" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0" rt=0.${mixed % 1000}`;
}

/** A file of numbered lines. */
export interface LogFile {
  readonly lines: number;
  readonly bytes: number;
  /** Sum of the CRC-32 of every line, modulo 2^32: what a receiver that got each once has summed up too. */
  readonly textSum: number;
}

/** About 1 KiB a line, made of five such. */
export function longLogLine(source: string, n: number): string {
  return Array.from({ length: 5 }, (_, i) => logLine(source, 5 * n + i)).join(' ');
}

/** Writes `bytes` or a little more of numbered lines to a new file. */
export async function writeLogFile(
  path: string,
  source: string,
  bytes: number,
  lineOf = logLine,
): Promise<LogFile> {
  const file = await open(path, 'w');
  let [lines, written, textSum] = [0, 0, 0];
  while (written < bytes) {
    const block: string[] = [];
    for (const end = lines + 10_000; lines < end; lines++) {
      const line = lineOf(source, lines);
      textSum = (textSum + crc32(line)) >>> 0;
      block.push(line, '\n');
    }
    written += (await file.write(block.join(''))).bytesWritten;
  }
  await file.close();
  return { lines, bytes: written, textSum };
}

function two(value: number): string {
  return String(Math.floor(value) % 60).padStart(2, '0');
}
