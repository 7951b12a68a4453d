import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbered, testChunk } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure } from '../../test/helpers/scripted-sink.ts';

describe('the health of a lane (O3)', () => {
  it('has failed within 60 s when its sink never answers, and recovers when it does', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({ manual: true });
    const health = () => dispatcher.laneHealth().sink0;
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(30_000);
    assert.equal(health()?.status, 'ok');
    const stuckMs = clock.now() - 30_000;
    await clock.advance(30_000);
    assert.equal(health()?.status, 'failed');
    assert.match(health()?.reason ?? '', /does not answer/);
    assert.equal(health()?.sinceMs, stuckMs);
    sink.answer();
    await clock.advance(100);
    assert.equal(health()?.status, 'ok');
  });

  it('leaves a sink the time that its own timeout gives it', async () => {
    const { clock, dispatcher } = await dispatcherHarness({
      ...{ manual: true, lanes: [{ sendTimeoutMs: 60_000 }] },
    });
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(100_000);
    assert.equal(dispatcher.laneHealth().sink0?.status, 'ok');
    await clock.advance(30_000);
    assert.equal(dispatcher.laneHealth().sink0?.status, 'failed');
  });

  it('is ok when nothing happens for a day, and right after', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(86_400_000);
    assert.equal(dispatcher.laneHealth().sink0?.status, 'ok');
    sink.manual = true;
    await dispatcher.publish(testChunk(numbered('line', 5)).chunk);
    for (let s = 0; s < 5; s++) {
      assert.equal(dispatcher.laneHealth().sink0?.status, 'ok');
      await clock.advance(1000);
    }
  });

  it('is degraded, since the first failure, while the sink fails: a restart would not mend it', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    sink.respond = () => failure('network');
    const sinceMs = clock.now();
    for (let k = 0; k < 6; k++) await dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000);
      const health = dispatcher.laneHealth().sink0;
      assert.equal(health?.status, 'degraded');
      assert.equal(health?.sinceMs, sinceMs);
    }
  });

  it('has failed when lines wait that nobody sends', async () => {
    const { clock, dispatcher } = await dispatcherHarness();
    // A lane whose wake-up call got lost.
    const [lane] = dispatcher.lanes.all;
    lane!.consumer.onMessage(() => undefined);
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(60_000);
    assert.equal(dispatcher.laneHealth().sink0?.status, 'failed');
    dispatcher.wake();
    await clock.advance(2000);
    assert.equal(dispatcher.laneHealth().sink0?.status, 'ok');
  });
});
