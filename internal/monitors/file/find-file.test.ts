import assert from 'node:assert/strict';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryFolder } from '../../../test/helpers/file-source.ts';
import { MemoryPositions } from '../../../test/helpers/memory-positions.ts';
import { findLeftBehind } from './find-file.ts';
import {
  type FileMeta,
  type FilePosition,
  type FileTrack,
  knowsBirths,
  NO_HEAD,
  START,
  statFile,
} from './identity.ts';

it('a file whose inode another one had before is found once, and the other one was deleted', async t => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'app.log.1');
  await writeFile(path, 'one\n');
  // What was changed after it was made tells whether the file system knows when that was.
  const startMs = performance.now();
  while (!(await knowsBirths(path)) && performance.now() - startMs < 1000) await utimes(path, 0, 0);
  if (!(await knowsBirths(path))) return t.skip('this file system does not know when files were made');
  const { dev, ino, birthtimeNs } = (await statFile(path, true))!;
  const positions = new MemoryPositions();
  const track = (born: bigint): FileTrack => {
    const id = { dev: `${dev}`, ino: `${ino}`, born: `${born}` };
    const meta = { source: 'test', path: join(folder, 'app.log'), ...id, ...NO_HEAD };
    return positions.create<FilePosition, FileMeta>('file', `${born}`, meta, START);
  };
  const [now, before] = [track(birthtimeNs), track(birthtimeNs - 1n)];
  for (const tracks of [
    [now, before],
    [before, now],
  ])
    assert.deepEqual(await findLeftBehind(tracks), { renamed: [[now, path]], deleted: [before] });
});
