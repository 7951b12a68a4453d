import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbered, testChunk, testStream } from '../../test/helpers/chunks.ts';
import { dispatcherHarness, laneOptions } from '../../test/helpers/dispatcher-harness.ts';
import { failure, ScriptedSink } from '../../test/helpers/scripted-sink.ts';

const STREAMS = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('a sink that is changed', () => {
  it('hands all that waits over to the new one, in order and once', async () => {
    const { clock, dispatcher, sink, deadLetters, fatal } = await dispatcherHarness();
    sink.respond = () => failure('unavailable');
    const chunks = [0, 1, 2, 3].map(k => testChunk(numbered('line', 10, k * 10)));
    for (const { chunk } of chunks) await dispatcher.publish(chunk);
    await clock.advance(5000);

    const next = new ScriptedSink('sink0');
    assert.equal(await dispatcher.lanes.change(laneOptions({ sink: next }, 'sink0')), sink);
    await clock.advance(1000);
    assert.deepEqual(next.delivered, numbered('line', 40));
    assert.ok(chunks.every(({ receipt }) => receipt.isDone));
    assert.ok(chunks.every(chunk => chunk.isFree()));
    assert.equal(deadLetters.replayable('sink0'), 0);
    assert.deepEqual(fatal, []);
  });

  it('that works may end what is under way, so that nothing is sent twice', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({ manual: true });
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    const next = new ScriptedSink('sink0');
    const changed = dispatcher.lanes.change(laneOptions({ sink: next }, 'sink0'));
    await dispatcher.publish(testChunk(numbered('line', 10, 10)).chunk);
    await clock.advance(1000);
    assert.equal(next.sent.length, 0, 'the old one is not done yet');
    sink.answer();
    await changed;
    await clock.advance(2000);
    assert.deepEqual(sink.delivered, numbered('line', 10));
    assert.deepEqual(next.delivered, numbered('line', 10, 10));
  });

  it('that hangs is given up, and what it had is sent again', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({ manual: true });
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    const next = new ScriptedSink('sink0');
    const changed = dispatcher.lanes.change(laneOptions({ sink: next }, 'sink0'));
    await clock.advance(10_000);
    await changed;
    await clock.advance(1000);
    assert.deepEqual(sink.delivered, []);
    assert.deepEqual(next.delivered, numbered('line', 10));
  });

  it('does not leave a rest waiting for what the old sink asked for', async () => {
    const { clock, dispatcher, sink } = await dispatcherHarness({
      lanes: [{ overflow: 'block', retryQueueRecords: 1 }],
    });
    const refused = { kind: 'unavailable', message: 'not now' } as const;
    sink.respond = () => ({
      kind: 'retry',
      failure: refused,
      rest: Uint32Array.of(3, 4),
      afterMs: 3_600_000,
    });
    await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
    await clock.advance(100);
    const next = new ScriptedSink('sink0');
    await dispatcher.lanes.change(laneOptions({ sink: next }, 'sink0'));
    await clock.advance(100);
    assert.deepEqual(next.delivered, ['line 3', 'line 4']);
  });

  for (const [from, to] of [
    [1, 4],
    [4, 1],
    [3, 2],
  ] as const)
    it(`keeps each stream in order when its ${from} workers become ${to}`, async () => {
      const { clock, dispatcher, sink, fatal } = await dispatcherHarness({ lanes: [{ workers: from }] });
      const streams = STREAMS.map(name => testStream({ name }));
      const publish = async (from: number, to: number): Promise<void> => {
        for (let n = from; n < to; n++)
          for (const stream of streams)
            await dispatcher.publish(testChunk([`${stream.labels.get('name')} ${n}`], stream).chunk);
      };
      sink.respond = () => failure('network');
      await publish(0, 12);
      await clock.advance(2500);
      const next = new ScriptedSink('sink0');
      const changed = dispatcher.lanes.change(laneOptions({ sink: next, workers: to }, 'sink0'));
      await publish(12, 20);
      await changed;
      await clock.advance(5000);
      for (const name of STREAMS) {
        const lines = next.delivered.filter(line => line.startsWith(name));
        assert.deepEqual(lines, numbered(name, 20));
      }
      assert.deepEqual(fatal, []);
    });
});

describe('a sink that is added', () => {
  it('gets what is published from then on, and its books balance', async () => {
    const { clock, dispatcher, metrics, sink } = await dispatcherHarness();
    await dispatcher.publish(testChunk(numbered('old', 10)).chunk);
    const added = new ScriptedSink('added');
    dispatcher.lanes.add(laneOptions({ sink: added }, 'added'));
    const chunk = testChunk(numbered('new', 10));
    await dispatcher.publish(chunk.chunk);
    await clock.advance(2000);
    assert.deepEqual(added.delivered, numbered('new', 10));
    assert.equal(sink.delivered.length, 20);
    assert.ok(chunk.receipt.isDone);
    const of = (name: string): number => metrics.total(name, { sink: 'added' });
    assert.equal(of('logs_settled_total') + of('logs_unmatched_total') + of('logs_in_flight'), 20);
  });
});

describe('a sink that is removed', () => {
  it('still gets what was published before, and nothing after', async () => {
    const { clock, dispatcher, metrics, sinks } = await dispatcherHarness({ lanes: [{}, {}] });
    const before = testChunk(numbered('old', 15));
    await dispatcher.publish(before.chunk);
    const removed = dispatcher.lanes.remove('sink1');
    const after = testChunk(numbered('new', 15));
    await dispatcher.publish(after.chunk);
    await clock.advance(2000);
    assert.equal(await removed, sinks[1]);
    assert.deepEqual(sinks[1]?.delivered, numbered('old', 15));
    assert.equal(sinks[0]?.delivered.length, 30);
    assert.ok(before.receipt.isDone && before.isFree());
    assert.ok(after.receipt.isDone && after.isFree());
    assert.equal(metrics.total('logs_settled_total', { sink: 'sink1' }), 0, 'it is out of the scrapes');
  });

  it('and fails leaves its lines to the dead letters: nothing keeps the positions', async () => {
    const { clock, dispatcher, deadLetters, sinks } = await dispatcherHarness({ lanes: [{}, {}] });
    sinks[1]!.respond = () => failure('network');
    const chunks = [0, 1, 2].map(k => testChunk(numbered('line', 10, k * 10)));
    for (const { chunk } of chunks) await dispatcher.publish(chunk);
    await clock.advance(2000);
    const removed = dispatcher.lanes.remove('sink1');
    await clock.advance(100);
    await removed;
    assert.ok(chunks.every(({ receipt }) => receipt.isDone));
    assert.equal(deadLetters.replayable('sink1'), 30);
    // It comes back: its letters go first.
    const back = new ScriptedSink('sink1');
    dispatcher.lanes.add(laneOptions({ sink: back }, 'sink1'));
    await clock.advance(20_000);
    assert.deepEqual(back.delivered.toSorted(), numbered('line', 30).toSorted());
  });
});
