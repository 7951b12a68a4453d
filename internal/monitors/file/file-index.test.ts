import assert from 'node:assert/strict';
import type { BigIntStats } from 'node:fs';
import { it } from 'node:test';
import { FileIndex, type TailedFile } from './file-index.ts';

/** What the index needs of a file. */
function file(path: string, ino: string, born: string): TailedFile {
  const tailer = { path, id: `1:${ino}`, meta: { dev: '1', ino, born } };
  return { tailer, line: path, order: 0, stage: 'live', hasReachedEnd: true } as unknown as TailedFile;
}

it('a file whose inode another one got is known until somebody notices that it is gone', () => {
  const index = new FileIndex();
  const [gone, archive] = [file('/logs/app.log.1', '7', '100'), file('/logs/app.log.3.gz', '7', '200')];
  index.add(gone);
  index.add(archive);
  const found = (birthtimeNs: bigint): TailedFile | undefined =>
    index.byStat({ dev: 1n, ino: 7n, birthtimeNs } as BigIntStats);
  assert.deepEqual([...index.all()], [gone, archive]);
  assert.equal(index.at('/logs/app.log.1'), gone);
  assert.equal(found(200n), archive);
  assert.equal(found(100n), undefined);
  index.remove(gone);
  assert.deepEqual([...index.all()], [archive]);
  assert.equal(found(200n), archive);
});
