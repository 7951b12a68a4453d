import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbered, testChunk, testStream } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure } from '../../test/helpers/scripted-sink.ts';

const LIMITS = { records: 10, bytes: 1 << 16, timeoutMs: 1000 };

describe('batches', () => {
  it('are sent when they are full, without waiting', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    await dispatcher.publish(testChunk(numbered('line', 25)).chunk);
    await clock.advance(0);
    assert.deepEqual(
      sink.sent.map(sent => sent.lines.length),
      [10, 10],
    );
  });

  it('are sent when their time is up', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    await dispatcher.publish(testChunk(numbered('line', 3)).chunk);
    await clock.advance(999);
    assert.equal(sink.sent.length, 0);
    await clock.advance(1);
    assert.deepEqual(sink.delivered, numbered('line', 3));
  });

  it('hold at most batch_bytes, but at least one record', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({
      lanes: [{ limits: { ...LIMITS, bytes: 100 } }],
    });
    const lines = ['x'.repeat(60), 'y'.repeat(60), 'z'.repeat(300), 'w'];
    await dispatcher.publish(testChunk(lines).chunk);
    await clock.advance(1000);
    assert.deepEqual(
      sink.sent.map(sent => sent.lines.map(line => line.length)),
      [[60], [60], [300], [1]],
    );
  });

  it('keep each stream in order and one at a time, while other streams go on', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({ lanes: [{ workers: 4 }] });
    sink.manual = true;
    const [a, b] = streamsInDifferentSlots(4);
    await dispatcher.publish(testChunk(numbered('a', 20), a).chunk);
    await dispatcher.publish(testChunk(numbered('b', 10), b).chunk);
    await clock.advance(0);
    assert.deepEqual(
      sink.sent.map(sent => sent.lines[0]),
      ['a 0', 'b 0'],
    );
    sink.answer();
    await clock.advance(0);
    assert.equal(sink.sent[2]?.lines[0], 'a 10');
  });
});

describe('copy modes', () => {
  it('safe: a sink that scribbles over its batch harms nobody', async () => {
    const { clock, dispatcher, sinks, fatal } = await dispatcherHarness({
      lanes: [{ copyMode: 'safe' }, { copyMode: 'optimized' }],
    });
    sinks[0]!.respond = batch => {
      for (const part of batch.parts) {
        part.bytes.fill(0x2a);
        part.spans.fill(0);
        part.labels.set('job', 'scribbled');
      }
      return { kind: 'delivered' };
    };
    const stream = testStream({ job: 'kept' });
    await dispatcher.publish(testChunk(numbered('line', 10), stream).chunk);
    await clock.advance(0);
    assert.deepEqual(sinks[1]!.delivered, numbered('line', 10));
    assert.equal(stream.labels.get('job'), 'kept');
    assert.deepEqual(fatal, []);
  });

  it('optimized: the check mode reports a sink that writes to what it was lent', async () => {
    const { clock, dispatcher, sink, fatal } = await dispatcherHarness();
    sink.respond = batch => {
      batch.parts[0]!.bytes[0] = 0x2a;
      return { kind: 'delivered' };
    };
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(0);
    assert.match(String(fatal[0]), /sink sink0 changed a batch that was lent to it/);
  });

  it('are switched at run time, for one sink or all', async () => {
    const { clock, dispatcher, sinks } = await dispatcherHarness({ lanes: [{}, {}] });
    const owned = (): (boolean | undefined)[] => sinks.map(sink => sink.sent.at(-1)?.batch.isOwned);
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(0);
    assert.deepEqual(owned(), [false, false]);
    assert.deepEqual(dispatcher.setCopyMode('safe', 'sink1'), ['sink1']);
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(0);
    assert.deepEqual(owned(), [false, true]);
    dispatcher.setCopyMode('safe');
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(0);
    assert.deepEqual(owned(), [true, true]);
  });

  it('optimized frees a chunk only when the slowest sink has let go of it', async () => {
    const { clock, dispatcher, sinks } = await dispatcherHarness({ lanes: [{}, {}] });
    sinks[1]!.manual = true;
    const { chunk, receipt, isFree } = testChunk(numbered('line', 10));
    await dispatcher.publish(chunk);
    await clock.advance(0);
    assert.deepEqual([receipt.settled, isFree()], [1, false]);
    sinks[1]!.answer();
    await clock.advance(0);
    assert.deepEqual([receipt.settled, isFree()], [2, true]);
  });
});

describe('the queue', () => {
  it('overflow: block lets a healthy sink go on while another is dead, until the bound of the queue', async () => {
    const { clock, dispatcher, sinks } = await dispatcherHarness({
      queueRecords: 100,
      lanes: [{}, { overflow: 'block' }],
    });
    sinks[1]!.respond = () => failure('network');
    let published = 0;
    const publishing = (async () => {
      for (let k = 0; k < 30; k++) {
        await dispatcher.publish(testChunk(numbered('line', 10, k * 10)).chunk);
        published++;
      }
    })();
    await clock.advance(10);
    assert.equal(sinks[0]!.delivered.length, published * 10);
    assert.ok(published >= 10 && published < 30, `${published} chunks fit`);
    sinks[1]!.respond = () => ({ kind: 'delivered' });
    await clock.advance(20_000);
    await publishing;
    await clock.advance(2000);
    for (const sink of sinks) assert.deepEqual(sink.delivered, numbered('line', 300));
  });

  it('passes over streams that a sink does not match, and settles them', async () => {
    const { clock, dispatcher, sinks } = await dispatcherHarness({
      lanes: [{}, { matches: labels => labels.get('job') === 'wanted' }],
    });
    const wanted = testChunk(numbered('yes', 10), testStream({ job: 'wanted' }));
    const unwanted = testChunk(numbered('no', 10), testStream({ job: 'unwanted' }));
    await dispatcher.publish(unwanted.chunk);
    await dispatcher.publish(wanted.chunk);
    await clock.advance(1000);
    assert.deepEqual(sinks[1]!.delivered, numbered('yes', 10));
    assert.ok(unwanted.receipt.isDone && wanted.receipt.isDone);
    assert.ok(unwanted.isFree() && wanted.isFree());
  });
});

describe('drain', () => {
  it('sends half-full batches at once and says that nothing is left', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness();
    await dispatcher.publish(testChunk(numbered('line', 3)).chunk);
    const leftover = dispatcher.drain(clock.monotonicMs() + 30_000);
    await clock.advance(0);
    assert.deepEqual(await leftover, { sink0: 0 });
    assert.deepEqual(sink.delivered, numbered('line', 3));
  });

  it('makes letters of what is left at the deadline, in flight or not', async () => {
    const { clock, dispatcher, sink, metrics } = await dispatcherHarness();
    sink.manual = true;
    const { chunk, receipt } = testChunk(numbered('line', 13));
    await dispatcher.publish(chunk);
    const leftover = dispatcher.drain(clock.monotonicMs() + 5000);
    await clock.advance(5000);
    assert.deepEqual(await leftover, { sink0: 13 });
    assert.ok(receipt.isDone, 'stored');
    assert.equal(metrics.value('logs_settled_total', { sink: 'sink0', outcome: 'stored' }), 13);
    assert.equal(metrics.value('dlq_stored_total', { sink: 'sink0', cause: 'shutdown' }), 13);
    await dispatcher.close();
    await dispatcher.close();
  });
});

function streamsInDifferentSlots(slots: number) {
  const first = testStream({ job: 'first' });
  for (let n = 0; ; n++) {
    const other = testStream({ job: `other ${n}` });
    if (other.hash % slots !== first.hash % slots) return [first, other] as const;
  }
}
