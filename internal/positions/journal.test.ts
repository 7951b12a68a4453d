import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LcError } from '../../pkg/errors/errors.ts';
import type { File } from '../../pkg/fsx/fs.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { Journal, type JournalOwner } from './journal.ts';
import { decodeJournal } from './journal-format.ts';
import type { JournalRecord } from './state.ts';

const meta = (value: number): JournalRecord => ({ op: 'meta', id: 1, meta: value });

/** A file whose writes wait until the test lets them. */
async function gated(
  fs: MemoryFs,
  path: string,
): Promise<{ file: File; gates: PromiseWithResolvers<void>[] }> {
  const inner = await fs.open(path, 'w');
  const gates: PromiseWithResolvers<void>[] = [];
  const write: File['write'] = async (...args) => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return inner.write(...args);
  };
  return { file: { ...inner, write }, gates };
}

class Owner implements JournalOwner {
  commits: JournalRecord[] = [];
  failures = 0;
  writes = 0;

  takeCommits(): JournalRecord[] {
    return this.commits.splice(0);
  }

  onWritten(): void {
    this.writes++;
  }

  onFailed(error: unknown): LcError {
    this.failures++;
    return new LcError('LC_STATE_UNWRITABLE', { message: 'full', cause: error });
  }
}

async function metasIn(fs: MemoryFs, path: string): Promise<unknown[]> {
  const { records } = decodeJournal(await fs.readFile(path));
  return records.map(record => (record.op === 'meta' ? record.meta : record.op));
}

const ticks = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe('Journal', () => {
  it('gathers what comes while a write is under way, and writes it in order in one more', async () => {
    const fs = new MemoryFs();
    const { file, gates } = await gated(fs, '/journal');
    const owner = new Owner();
    const journal = new Journal(owner);
    journal.begin(file, 1, null);
    const written: number[] = [];
    for (const value of [1, 2, 3, 4]) {
      journal.append(meta(value));
      void journal.write().then(() => written.push(value));
    }
    owner.commits = [{ op: 'commit', id: 1, n: 1, position: 0 }];
    gates[0]?.resolve();
    await ticks();
    assert.deepEqual([written, gates.length], [[1], 2]);
    gates[1]?.resolve();
    await ticks();
    assert.deepEqual([written, owner.writes], [[1, 2, 3, 4], 2]);
    assert.deepEqual(await metasIn(fs, '/journal'), [1, 2, 3, 4, 'commit']);
  });

  it('changes files between two writes, and says in the new one where the old one ended', async () => {
    const fs = new MemoryFs();
    const { file, gates } = await gated(fs, '/first');
    const journal = new Journal(new Owner());
    journal.begin(file, 1, null);
    journal.append(meta(1));
    const first = journal.write();
    journal.append(meta(2));
    const second = journal.write();
    const rotated = journal.rotate(await fs.open('/second', 'w'), 2, () => journal.bytes);
    await ticks();
    gates[0]?.resolve();
    assert.equal(await rotated, 0);
    await Promise.all([first, second]);
    assert.deepEqual(await metasIn(fs, '/first'), [1]);
    assert.deepEqual(await metasIn(fs, '/second'), [2]);
    const { goodBytes } = decodeJournal(await fs.readFile('/first'));
    assert.equal(decodeJournal(await fs.readFile('/second')).follows, goodBytes);
  });

  it('fails everybody who waits when a write fails, once, and goes on after a new beginning', async () => {
    const fs = new MemoryFs();
    const { file, gates } = await gated(fs, '/journal');
    const owner = new Owner();
    const journal = new Journal(owner);
    journal.begin(file, 1, null);
    journal.append(meta(1));
    const all = [journal.write(), journal.write()];
    const rotation = journal.rotate(await fs.open('/unused', 'w'), 2, () => assert.fail('rotated'));
    gates[0]?.reject(new Error('ENOSPC'));
    for (const each of [...all, rotation]) await assert.rejects(each, { code: 'LC_STATE_UNWRITABLE' });
    assert.equal(owner.failures, 1);
    await assert.rejects(
      journal.rotate(file, 2, () => assert.fail('rotated')),
      { code: 'LC_STATE_UNWRITABLE' },
    );
    journal.dropLines();
    journal.begin(await fs.open('/next', 'w'), 2, null);
    journal.append(meta(2));
    await journal.write();
    assert.deepEqual(await metasIn(fs, '/next'), [2]);
  });
});
