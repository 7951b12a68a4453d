import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { RecentLines } from './recent-lines.ts';
import { SelfLog } from './self-log.ts';

it('keeps the last ten of each part, whatever the others say', () => {
  const recent = new RecentLines();
  const add = (key: string, n: number): void =>
    recent.add({ time: new Date(n).toISOString(), level: 'warn', key, msg: `${n}` });
  add('dlq.refused', 0);
  for (let n = 1; n <= 25; n++) add(n % 2 === 0 ? 'file.unreadable' : 'file.lost', n);
  assert.equal(recent.last('file')?.msg, '25');
  assert.equal(recent.last('dlq')?.msg, '0');
  assert.equal(recent.last('sink'), undefined);
  assert.deepEqual(
    recent.all().map(({ msg }) => Number(msg)),
    [0, ...Array.from({ length: 10 }, (_, i) => 16 + i)],
  );
});

it('has what the log says, with secrets masked, and no line that says nothing is wrong', () => {
  const clock = new ManualClock();
  const log = new SelfLog({ level: 'info', format: 'json' }, { clock, output: new PassThrough() });
  log.root.info('agent.ready', 'all is well');
  log.root.error('sink.failed', 'no answer from http://user:hunter2@loki', {
    sink: 'loki',
    token: 'hunter2',
  });
  assert.deepEqual(log.recent.all(), [
    {
      ...{ time: new Date(clock.now()).toISOString(), level: 'error', key: 'sink.failed' },
      ...{ msg: 'no answer from http://***@loki', sink: 'loki', token: '***' },
    },
  ]);
});
