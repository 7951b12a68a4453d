import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbered, testChunk } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure } from '../../test/helpers/scripted-sink.ts';

describe('RetryManagerV2', () => {
  it('keeps the order of a stream through an outage and sends each line once', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    sink.respond = () => failure('unavailable');
    const chunks = [0, 1, 2, 3].map(k => testChunk(numbered('line', 10, k * 10)));
    for (const { chunk } of chunks) await dispatcher.publish(chunk);
    await clock.advance(5000);
    sink.respond = () => ({ kind: 'delivered' });
    await clock.advance(30_000);
    assert.deepEqual(sink.delivered, numbered('line', 40));
    assert.ok(chunks.every(({ receipt }) => receipt.isDone));
    assert.ok(chunks.every(chunk => chunk.isFree()));
  });

  it('sends nothing but one probe at a time while the sink fails', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({ lanes: [{ workers: 4 }] });
    sink.respond = () => failure('network');
    for (let k = 0; k < 5; k++) await dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
    await clock.advance(1000 + 2000 + 100);
    // The first attempt, then probes after 1 s and 2 s more (linear backoff).
    assert.equal(sink.sent.length, 3);
    assert.ok(sink.sent.every(sent => sent.lines[0] === 'line 0'));
  });

  it('opens the breaker after the configured failures and probes after its reset', async () => {
    const { clock, dispatcher, sink, metrics } = await dispatcherHarness();
    sink.respond = () => failure('network');
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(3100);
    assert.equal(sink.sent.length, 3);
    await metrics.text();
    assert.equal(metrics.value('sink_circuit_breaker_state', { sink: 'sink0' }), 2);
    await clock.advance(9800);
    assert.equal(sink.sent.length, 3, 'open: nothing is sent');
    await clock.advance(400);
    assert.equal(sink.sent.length, 4, 'half-open: one probe');
  });

  it('waits as long as the sink asks for', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    sink.respond = () => failure('unavailable', 'unavailable', 7000);
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(6900);
    assert.equal(sink.sent.length, 1);
    await clock.advance(300);
    assert.equal(sink.sent.length, 2);
  });

  it('arms one timer for all that waits, in all lanes, and none when nothing does', async () => {
    const { clock, dispatcher, sinks } = await dispatcherHarness({ lanes: [{}, {}, {}] });
    assert.equal(clock.armed, 0);
    for (const sink of sinks) sink.respond = () => failure('network');
    for (let k = 0; k < 5; k++) await dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
    await clock.advance(0);
    assert.equal(clock.armed, 1);
    for (const sink of sinks) sink.respond = () => ({ kind: 'delivered' });
    await clock.advance(60_000);
    assert.equal(clock.armed, 0);
  });

  it('parks owned copies up to its bounds, and stalls the lane beyond them', async () => {
    const { clock, dispatcher, sink, metrics } = await dispatcherHarness({
      queueRecords: 60,
      lanes: [{ retryQueueRecords: 5, overflow: 'block' }],
    });
    sink.respond = () => failure('network');
    for (let k = 0; k < 6; k++) await dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
    await clock.advance(5000);
    await metrics.text();
    assert.equal(
      metrics.value('dispatcher_retry_queue_size', { sink: 'sink0' }),
      0,
      'a batch of 10 does not fit into 5',
    );
    let published = 0;
    const more = [6, 7, 8, 9].map(k =>
      dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk).then(() => published++),
    );
    await clock.advance(1000);
    assert.ok(published < 4, 'a full queue holds publishers');
    sink.respond = () => ({ kind: 'delivered' });
    await clock.advance(60_000);
    await Promise.all(more);
    await clock.advance(2000);
    assert.deepEqual(sink.delivered, numbered('line', 100));
  });

  it('retries only the rest when a part was taken, and holds up nobody', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    let first = true;
    sink.respond = () => {
      if (!first) return { kind: 'delivered' };
      first = false;
      const rest = Uint32Array.of(2, 3, 7);
      return { kind: 'retry', failure: { kind: 'rate_limited', message: 'streams' }, rest };
    };
    const one = testChunk(numbered('line', 10));
    const two = testChunk(numbered('next', 10));
    await dispatcher.publish(one.chunk);
    await dispatcher.publish(two.chunk);
    await clock.advance(100);
    assert.deepEqual(sink.delivered, numbered('next', 10));
    assert.equal(one.receipt.isDone, false);
    await clock.advance(2000);
    assert.deepEqual(sink.sent[2]!.lines, ['line 2', 'line 3', 'line 7']);
    assert.deepEqual(
      sink.sent[2]!.times,
      [2, 3, 7].map(n => sink.sent[0]!.times[n]),
      'times stay',
    );
    assert.ok(one.receipt.isDone && one.isFree() && two.isFree());
  });

  it('settles refused records as stored and the others as delivered, each once', async () => {
    const { clock, dispatcher, sink, metrics } = await dispatcherHarness();
    sink.respond = () => ({
      kind: 'rejected',
      refusals: [{ kind: 'rejected', message: 'too old', records: Uint32Array.of(0, 9, 10) }],
    });
    const one = testChunk(numbered('a', 6));
    const two = testChunk(numbered('b', 6));
    await dispatcher.publish(one.chunk);
    await dispatcher.publish(two.chunk);
    await clock.advance(2000);
    await metrics.text();
    const settled = (outcome: string) => metrics.value('logs_settled_total', { sink: 'sink0', outcome });
    // Batches hold ten records: a 0 … b 3, then b 4 and b 5.
    assert.deepEqual([settled('delivered'), settled('stored')], [9, 3]);
    assert.ok(one.receipt.isDone && two.receipt.isDone);
    assert.ok(one.isFree() && two.isFree());
  });

  it('halves a batch that is too large until it fits, in order', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    const tooLarge = { kind: 'too_large', message: '413' } as const;
    sink.respond = batch =>
      batch.records > 3 ? { kind: 'split', failure: tooLarge } : { kind: 'delivered' };
    const chunk = testChunk(numbered('line', 10));
    await dispatcher.publish(chunk.chunk);
    await clock.advance(1000);
    assert.deepEqual(sink.delivered, numbered('line', 10));
    assert.ok(chunk.receipt.isDone && chunk.isFree());
  });

  it('treats a sink that throws as failed, and tries again', async () => {
    const { clock, dispatcher, sink, fatal } = await dispatcherHarness();
    sink.respond = () => {
      throw new Error('bug');
    };
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(500);
    sink.respond = () => ({ kind: 'delivered' });
    await clock.advance(2000);
    assert.deepEqual(sink.delivered, numbered('line', 10));
    assert.deepEqual(fatal, []);
  });
});
