import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import type { Health } from '../../pkg/types/ports.ts';
import { silentLogger } from '../selflog/logger.ts';
import { type SourceMonitor, SourceSet } from './source-set.ts';

interface Config {
  readonly name: string;
  readonly value: number;
  readonly isBad?: boolean;
}

const config = (name: string, value = 0): Config => ({ name, value });

/** A source set whose monitors tell what is done to them. */
function rig(...configs: Config[]) {
  const clock = new ManualClock();
  const calls: string[] = [];
  let closing: Promise<void> = Promise.resolve();
  const make = ({ name, value, isBad }: Config): SourceMonitor => ({
    name: 'fake_monitor',
    start: async () => {
      if (isBad) throw new Error('no such thing');
      calls.push(`start ${name} ${value}`);
    },
    stop: async () => void calls.push(`stop ${name} ${value}`),
    close: async () => {
      await closing;
      calls.push(`close ${name} ${value}`);
    },
    health: (): Health => ({ status: value < 0 ? 'degraded' : 'ok', sinceMs: value }),
    status: () => [`${name} ${value}`],
  });
  const sources = new SourceSet(configs, { make, clock, logger: silentLogger });
  const holdClose = (): (() => void) => {
    const held = Promise.withResolvers<void>();
    closing = held.promise;
    return held.resolve;
  };
  return { sources, clock, calls, holdClose };
}

describe('SourceSet', () => {
  it('exchanges what changed, and touches nothing else', async () => {
    const { sources, calls } = rig(config('same'), config('old'), config('gone'));
    await sources.start();
    calls.length = 0;
    const report = await sources.change([config('same'), config('old', 1), config('new')]);
    assert.deepEqual(report, {
      ...{ added: ['new'], changed: ['old'], removed: ['gone'], waiting: [], failed: {} },
    });
    assert.deepEqual(calls.toSorted(), ['close gone 0', 'close old 0', 'start new 0', 'start old 1']);
    assert.ok(calls.indexOf('close old 0') < calls.indexOf('start old 1'));
    assert.deepEqual(sources.status(), { fake_monitor: ['same 0', 'old 1', 'new 0'] });
  });

  it('does not wait for ever for a source that cannot let go, and exchanges it when it can', async () => {
    const { sources, clock, calls, holdClose } = rig(config('stuck'));
    await sources.start();
    const release = holdClose();
    const first = sources.change([config('stuck', 1)]);
    await clock.advance(5000);
    assert.deepEqual((await first).waiting, ['stuck']);
    const second = sources.change([config('stuck', 2)]);
    release();
    assert.deepEqual((await second).waiting, []);
    assert.deepEqual(calls, [
      'start stuck 0',
      'close stuck 0',
      'start stuck 1',
      'close stuck 1',
      'start stuck 2',
    ]);
  });

  it('brings a source back that was removed and has not left yet', async () => {
    const { sources, clock, holdClose } = rig(config('a'), config('b'));
    await sources.start();
    const release = holdClose();
    const removed = sources.change([config('b')]);
    await clock.advance(5000);
    assert.deepEqual((await removed).waiting, ['a']);
    const back = sources.change([config('a'), config('b')]);
    release();
    assert.deepEqual((await back).added, ['a']);
    assert.deepEqual(sources.status(), { fake_monitor: ['a 0', 'b 0'] });
  });

  it('goes on with the old source where the new one does not start, and says why', async () => {
    const { sources } = rig(config('a', 1));
    await sources.start();
    const report = await sources.change([{ ...config('a', 2), isBad: true }]);
    assert.deepEqual(report.failed, { a: 'no such thing' });
    assert.deepEqual(sources.configs, [config('a', 1)]);
    assert.deepEqual(sources.status(), { fake_monitor: ['a 1'] });
  });

  it('starts nothing more once it stops', async () => {
    const { sources, calls, holdClose } = rig(config('a'));
    await sources.start();
    const release = holdClose();
    const changed = sources.change([config('a', 1)]);
    const stopped = sources.stop();
    release();
    await Promise.all([changed, stopped]);
    assert.ok(!calls.includes('start a 1'));
  });

  it('says of each kind of monitor the worst', () => {
    const { sources } = rig(config('a', 5), config('b', -1));
    assert.deepEqual(sources.health(), { fake_monitor: { status: 'degraded', sinceMs: -1 } });
  });
});
