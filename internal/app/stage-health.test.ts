import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { WatchedFs } from '../../pkg/fsx/watched-fs.ts';
import type { Component, Health } from '../../pkg/types/ports.ts';
import { MemoryFs } from '../../test/helpers/memory-fs.ts';
import { RecentLines } from '../selflog/recent-lines.ts';
import { withLastError, writerHealth } from './stage-health.ts';

const OK: Health = { status: 'ok', sinceMs: 5 };
const PART: Component = {
  name: 'positions',
  start: async () => undefined,
  close: async () => undefined,
  health: () => OK,
};

it('a writer has failed when a file call has not come back for 45 s, and is itself again when it does', async () => {
  const clock = new ManualClock();
  const held = Promise.withResolvers<void>();
  const inner = new MemoryFs();
  inner.unlink = () => held.promise;
  const fs = new WatchedFs(inner, clock);
  const sinceMs = clock.now();
  const call = fs.unlink('/d/f');
  await clock.advance(44_999);
  assert.equal(writerHealth(PART, fs, clock), OK);
  await clock.advance(1);
  const reason = 'the disk does not answer: unlink of /d/f never came back';
  assert.deepEqual(writerHealth(PART, fs, clock), { status: 'failed', reason, sinceMs });
  held.resolve();
  await call;
  assert.equal(writerHealth(PART, fs, clock), OK);
});

it('a component has the last error that the log tells of it', () => {
  const recent = new RecentLines();
  const time = '2026-11-21T08:00:00.000Z';
  recent.add({ time, level: 'warn', key: 'file.unreadable', msg: 'cannot read', reason: 'EACCES' });
  assert.deepEqual(withLastError('file_monitor', OK, recent).lastError, {
    ...{ atMs: Date.parse(time), message: 'cannot read: EACCES' },
  });
  assert.equal(withLastError('dlq', OK, recent), OK);
  assert.equal(withLastError('sink file', OK, recent), OK);
});
