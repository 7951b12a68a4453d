import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbered, testChunk } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure } from '../../test/helpers/scripted-sink.ts';

const DELIVER = () => ({ kind: 'delivered' }) as const;
const FAIL = () => failure('unavailable');

type Harness = Awaited<ReturnType<typeof dispatcherHarness>>;

/** Publishes chunks of ten lines and gives each a moment, as a monitor at work does. */
async function publish({ dispatcher, clock }: Harness, chunks: number, from = 0): Promise<void> {
  for (let k = from; k < from + chunks; k++) {
    await dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
    await clock.advance(1);
  }
}

describe('overflow: spill', () => {
  it('queue, then parking up to its bound, then dead letters; all is delivered afterwards, once', async () => {
    const harness = await dispatcherHarness({ queueRecords: 100, lanes: [{ retryQueueRecords: 30 }] });
    const { clock, metrics, sink } = harness;
    sink.respond = FAIL;
    await publish(harness, 5);
    assert.equal(metrics.total('dlq_stored_total'), 0, 'the queue has room');
    await publish(harness, 45, 5);
    await clock.advance(100);
    metrics.collect();
    const parked = metrics.value('dispatcher_retry_queue_size', { sink: 'sink0' });
    assert.ok(parked > 0 && parked <= 30, `${parked} parked`);
    const share = metrics.value('dispatcher_retry_queue_utilization', { sink: 'sink0' });
    assert.equal(share, parked / 30, 'its bound in bytes is far');
    const letters = metrics.value('dlq_stored_total', { sink: 'sink0', cause: 'overflow' });
    assert.ok(letters >= 300, `${letters} letters`);
    assert.equal(metrics.value('dispatcher_retry_drops_total', { sink: 'sink0' }), letters);
    sink.respond = DELIVER;
    await clock.advance(120_000);
    assert.deepEqual(sink.delivered.toSorted(byNumber), numbered('line', 500));
    assert.equal(metrics.value('dlq_replayed_total', { sink: 'sink0', cause: 'overflow' }), letters);
  });

  it('a dead sink does not hold up another', async () => {
    const harness = await dispatcherHarness({ queueRecords: 100, lanes: [{}, { retryQueueRecords: 20 }] });
    const { sinks } = harness;
    sinks[1]!.respond = FAIL;
    await publish(harness, 60);
    assert.equal(sinks[0]!.delivered.length, 600);
  });

  it('a slow sink that holds up another is spilled; alone it slows the monitors', async () => {
    const both = await dispatcherHarness({ queueRecords: 100, lanes: [{}, {}] });
    both.sinks[1]!.manual = true;
    const all = (async () => {
      for (let k = 0; k < 40; k++)
        await both.dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
    })();
    await both.clock.advance(1000);
    assert.equal(both.metrics.total('dlq_stored_total'), 0, 'a moment is not held against it');
    await both.clock.advance(10_000);
    await all;
    assert.equal(both.sinks[0]!.delivered.length, 400);
    assert.ok(both.metrics.value('dlq_stored_total', { sink: 'sink1', cause: 'overflow' }) > 0);

    const alone = await dispatcherHarness({ queueRecords: 100 });
    alone.sink.manual = true;
    let published = 0;
    const publishing = (async () => {
      for (; published < 40; published++)
        await alone.dispatcher.publish(testChunk(numbered('line', 10, published * 10)).chunk);
    })();
    await alone.clock.advance(1000);
    assert.ok(published < 40, `${published} chunks of 40: the queue is full`);
    assert.equal(alone.metrics.total('dlq_stored_total'), 0);
    alone.sink.manual = false;
    alone.sink.answer();
    await alone.clock.advance(5000);
    await publishing;
    await alone.clock.advance(2000);
    assert.deepEqual(alone.sink.delivered, numbered('line', 400));
  });

  it('new lines are not delayed behind letters: one batch of letters in between at the most', async () => {
    const harness = await dispatcherHarness({ queueRecords: 100, lanes: [{ retryQueueRecords: 20 }] });
    const { clock, sink, dispatcher, deadLetters } = harness;
    sink.respond = FAIL;
    await publish(harness, 60);
    sink.respond = DELIVER;
    await clock.advance(12_000);
    sink.sent.length = 0;
    sink.manual = true;
    await dispatcher.publish(testChunk(numbered('new', 10)).chunk);
    await clock.advance(0);
    const place = sink.sent.findIndex(({ lines }) => lines[0] === 'new 0');
    assert.ok(place >= 0 && place <= 1, `sent as number ${place}`);
    assert.ok(deadLetters.replayable('sink0') >= 0);
  });
});

describe('overflow: drop_oldest', () => {
  it('discards the oldest parked lines, counted, and stores nothing', async () => {
    const harness = await dispatcherHarness({
      queueRecords: 100,
      lanes: [{ retryQueueRecords: 30, overflow: 'drop_oldest' }],
    });
    const { clock, metrics, sink } = harness;
    sink.respond = FAIL;
    await publish(harness, 50);
    sink.respond = DELIVER;
    await clock.advance(60_000);
    const discarded = metrics.value('logs_settled_total', { sink: 'sink0', outcome: 'discarded' });
    assert.ok(discarded > 0);
    assert.equal(sink.delivered.length + discarded, 500);
    assert.equal(sink.delivered.at(-1), 'line 499', 'the newest are kept');
    assert.equal(metrics.total('dlq_stored_total'), 0);
  });
});

describe('error strategies', () => {
  it('retry: after max_retries a batch becomes letters, which go again once the sink is healthy', async () => {
    const harness = await dispatcherHarness({
      lanes: [{ maxRetries: 1, breaker: { failures: 9, resetMs: 1000 } }],
    });
    const { clock, metrics, sink } = harness;
    sink.respond = FAIL;
    await publish(harness, 1);
    await clock.advance(1100);
    assert.equal(metrics.value('dlq_stored_total', { sink: 'sink0', cause: 'retries_exhausted' }), 10);
    assert.equal(sink.sent.length, 2, 'the first attempt and one retry');
    sink.respond = DELIVER;
    await clock.advance(10_000);
    assert.deepEqual(sink.delivered, numbered('line', 10));
  });

  it('retry: while the breaker is open, probes do not burn retries', async () => {
    const harness = await dispatcherHarness({
      lanes: [{ maxRetries: 3, breaker: { failures: 2, resetMs: 1000 } }],
    });
    const { clock, metrics, sink } = harness;
    sink.respond = FAIL;
    await publish(harness, 1);
    await clock.advance(60_000);
    assert.ok(sink.sent.length > 20, 'it is probed again and again');
    assert.equal(metrics.total('dlq_stored_total'), 0);
  });

  it('dlq: dead letters at once', async () => {
    const harness = await dispatcherHarness({ lanes: [{ errorStrategy: 'dlq' }] });
    harness.sink.respond = FAIL;
    await publish(harness, 1);
    await harness.clock.advance(0);
    assert.equal(harness.metrics.total('dlq_stored_total'), 10);
    assert.equal(harness.sink.sent.length, 1);
  });

  it('log_continue: discarded, counted, and the next batch goes on', async () => {
    const harness = await dispatcherHarness({ lanes: [{ errorStrategy: 'log_continue' }] });
    const { clock, metrics, sink } = harness;
    sink.respond = FAIL;
    await publish(harness, 1);
    sink.respond = DELIVER;
    await publish(harness, 1, 1);
    await clock.advance(2000);
    assert.deepEqual(sink.delivered, numbered('line', 10, 10));
    assert.equal(metrics.value('logs_settled_total', { sink: 'sink0', outcome: 'discarded' }), 10);
  });

  it('fail_fast: says so once, sends and acknowledges nothing more, and does not keep the drain', async () => {
    const harness = await dispatcherHarness({ lanes: [{ errorStrategy: 'fail_fast' }] });
    const { clock, dispatcher, sink, metrics, failedFast } = harness;
    sink.manual = true;
    await publish(harness, 3);
    sink.answer(FAIL());
    await clock.advance(5000);
    assert.deepEqual(failedFast, ['sink0']);
    assert.equal(sink.sent.length, 1);
    const leftover = dispatcher.drain(clock.monotonicMs() + 30_000);
    await clock.advance(0);
    assert.deepEqual(await leftover, { sink0: 30 });
    assert.equal(metrics.total('logs_settled_total'), 0);
  });
});

describe('after a restart', () => {
  it('letters of the shutdown are sent, once', async () => {
    const before = await dispatcherHarness();
    before.sink.respond = FAIL;
    await publish(before, 3);
    const leftover = before.dispatcher.drain(before.clock.monotonicMs() + 100);
    await before.clock.advance(200);
    assert.deepEqual(await leftover, { sink0: 30 });
    await before.dispatcher.close();
    await before.deadLetters.close();

    const after = await dispatcherHarness({ fs: before.fs });
    await after.clock.advance(2000);
    assert.deepEqual(after.sink.delivered, numbered('line', 30));
    assert.equal(after.metrics.value('logs_settled_total', { sink: 'sink0', outcome: 'delivered' }), 0);
    assert.equal(after.metrics.value('dlq_replayed_total', { sink: 'sink0', cause: 'shutdown' }), 30);
  });
});

function byNumber(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1]);
}
