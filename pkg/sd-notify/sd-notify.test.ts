import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../clock/manual-clock.ts';
import { SdNotify } from './sd-notify.ts';

const ENV = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '10000000', WATCHDOG_PID: '7' };

function rig(env: Record<string, string | undefined> = ENV, fails = false) {
  const clock = new ManualClock();
  const sent: string[] = [];
  const failures: unknown[] = [];
  const notify = new SdNotify({
    ...{ env, clock, pid: 7, onFailure: (error: unknown) => failures.push(error) },
    send: async assignments => {
      await Promise.resolve();
      if (fails) throw new Error('no such command');
      sent.push(assignments.join(' '));
    },
  });
  return { clock, sent, failures, notify };
}

describe('SdNotify', () => {
  it('says nothing where nobody asked', async () => {
    const { clock, sent, notify } = rig({ WATCHDOG_USEC: '1000' });
    await notify.ready('up');
    notify.watch(
      () => true,
      () => 'fine',
    );
    await clock.advance(10_000);
    await notify.close();
    assert.deepEqual(sent, []);
  });

  it('sends messages in order, each on one line', async () => {
    const { sent, notify } = rig();
    void notify.ready('two\nlines');
    void notify.reloading();
    await notify.stopping('bye');
    assert.equal(sent[0], 'READY=1 STATUS=two lines');
    assert.match(sent[1] ?? '', /^RELOADING=1 MONOTONIC_USEC=\d+$/);
    assert.equal(sent[2], 'STOPPING=1 STATUS=bye');
  });

  it('pings twice in the watchdog’s time, and only while there is progress', async () => {
    const { clock, sent, notify } = rig();
    let isAlive = true;
    notify.watch(
      () => isAlive,
      () => (isAlive ? 'fine' : 'stuck'),
    );
    await clock.advance(10_000);
    assert.deepEqual(sent, ['WATCHDOG=1 STATUS=fine', 'WATCHDOG=1 STATUS=fine']);
    isAlive = false;
    await clock.advance(5000);
    assert.equal(sent.at(-1), 'STATUS=stuck');
    await notify.close();
    await clock.advance(20_000);
    assert.equal(sent.length, 3);
  });

  it('leaves a watchdog alone that waits for another process', async () => {
    const { clock, sent, notify } = rig({ ...ENV, WATCHDOG_PID: '8' });
    notify.watch(
      () => true,
      () => 'fine',
    );
    await clock.advance(20_000);
    assert.deepEqual(sent, []);
  });

  it('tells of a message that could not be sent, and goes on', async () => {
    const { failures, notify } = rig(ENV, true);
    await notify.ready('up');
    await notify.stopping('bye');
    assert.equal(failures.length, 2);
  });
});
