import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FileSource } from '../../internal/monitors/file/source.ts';

/** A source with the config's defaults. */
export function fileSource(given: Partial<FileSource> & { readonly paths: readonly string[] }): FileSource {
  return {
    name: 'test',
    exclude: [],
    labels: {},
    labelsFromPath: undefined,
    startAt: 'beginning',
    format: 'text',
    encoding: 'utf-8',
    maxLineBytes: 256 * 1024,
    longLine: 'truncate',
    multiline: undefined,
    priority: 'normal',
    ignoreOlderMs: 0,
    compressed: 'skip',
    followSymlinks: true,
    maxDeletedBytes: 1024 ** 3,
    watch: 'auto',
    ...given,
  };
}

/** An empty folder that is removed after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'log-capturer-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
