import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JournalRecord, PositionsState } from './state.ts';

const passage = (end: number) => ({ end, records: 1, base: { sec: 5, nanos: end } });

const LINES: readonly JournalRecord[] = [
  { op: 'create', id: 4, kind: 'file', key: 'a', meta: null, position: 0 },
  { op: 'open', id: 4, n: 1, passage: passage(10) },
  { op: 'open', id: 4, n: 2, passage: passage(20) },
  { op: 'commit', id: 4, n: 1, position: 10 },
  { op: 'open', id: 4, n: 3, passage: passage(30) },
  { op: 'meta', id: 4, meta: 'new' },
  { op: 'commit', id: 4, n: 2, position: 20 },
];

describe('PositionsState', () => {
  it('is brought forward by the lines of a journal', () => {
    const state = new PositionsState();
    for (const line of LINES) state.apply(line);
    assert.deepEqual(state.tracks.get(4), {
      id: 4,
      kind: 'file',
      key: 'a',
      meta: 'new',
      position: 20,
      settled: 2,
      pending: [passage(30)],
      nextTime: { sec: 5, nanos: 31 },
    });
  });

  it('is the same when lines that a snapshot holds already are applied again', () => {
    for (const again of LINES.slice(1)) {
      const state = new PositionsState();
      for (const line of [...LINES, again]) state.apply(line);
      const { position, pending, settled } = state.tracks.get(4)!;
      assert.deepEqual([position, settled, pending], [20, 2, [passage(30)]]);
    }
  });

  it('lets a passage replace those that had been opened in its place and after it', () => {
    const state = new PositionsState();
    for (const line of LINES) state.apply(line);
    state.apply({ op: 'open', id: 4, n: 3, passage: passage(35) });
    assert.deepEqual(state.tracks.get(4)?.pending, [passage(35)]);
  });

  it('ignores lines of a track that is not known, and never uses its id again', () => {
    const state = new PositionsState();
    state.apply({ op: 'meta', id: 9, meta: 'of a track that was forgotten' });
    assert.equal(state.tracks.size, 0);
    assert.equal(state.create('file', 'b', null, 0).id, 10);
  });
});
