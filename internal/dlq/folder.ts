import { join } from 'node:path';
import type { Fs } from '../../pkg/fsx/fs.ts';

const SEGMENT_NAME = /^(\d{8,15})\.ndjson$/;
const DONE_NAME = /^(\d{8,15})\.done$/;
const COPY_NAME = /^(\d{8,15})\.damaged-\d+(-\d+)?$/;
const NUMBERED_NAME = /^(\d{8,15})\./;
/** Written and removed again to see whether the disk takes anything. */
const PROBE_NAME = 'probe.tmp';

/** What a sink's folder holds. */
export interface Folder {
  readonly path: string;
  /** Ascending. */
  readonly segments: readonly number[];
  /** Companions and probes that belong to no segment any more. */
  readonly leftovers: readonly string[];
  /** Names that this version does not know, links, folders: never touched. */
  readonly strangers: readonly string[];
  /** Copies of damaged parts. */
  copies: number;
  /** Greater than any number in use. */
  nextNumber: number;
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.ndjson`);
}

export function probePath(folder: string): string {
  return join(folder, PROBE_NAME);
}

/** Looks what is in a sink's folder. A number that anything there bears is not given out again. */
export async function readFolder(fs: Fs, path: string): Promise<Folder> {
  const segments: number[] = [];
  const companions: [number, string][] = [];
  const leftovers: string[] = [];
  const strangers: string[] = [];
  let [copies, nextNumber] = [0, 1];
  for (const name of await fs.readdir(path)) {
    nextNumber = Math.max(nextNumber, Number(NUMBERED_NAME.exec(name)?.[1] ?? 0) + 1);
    const isFile = (await fs.lstat(join(path, name))).isFile();
    if (isFile && SEGMENT_NAME.test(name)) segments.push(numberOf(name));
    else if (isFile && DONE_NAME.test(name)) companions.push([numberOf(name), name]);
    else if (isFile && COPY_NAME.test(name)) copies++;
    else if (isFile && name === PROBE_NAME) leftovers.push(name);
    else strangers.push(name);
  }
  for (const [number, name] of companions) if (!segments.includes(number)) leftovers.push(name);
  segments.sort((a, b) => a - b);
  return { path, segments, leftovers, strangers, copies, nextNumber };
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}
