/** Where one thing that cannot move must not keep others from moving. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { numbered, testChunk, testStream } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure } from '../../test/helpers/scripted-sink.ts';
import type { LaneOptions } from './lane-options.ts';

const DELIVER = () => ({ kind: 'delivered' }) as const;
const FAIL = () => failure('unavailable');
const LIMITED = { kind: 'rate_limited', message: 'streams' } as const;

type Harness = Awaited<ReturnType<typeof dispatcherHarness>>;

/** Publishes chunks of ten lines, one after the other; tells how many have found room. */
function publishing({ dispatcher }: Harness, chunks: number): { done: number; readonly all: Promise<void> } {
  const progress = { done: 0, all: Promise.resolve() };
  progress.all = (async () => {
    for (; progress.done < chunks; progress.done++)
      await dispatcher.publish(testChunk(numbered('line', 10, progress.done * 10)).chunk);
  })();
  return progress;
}

describe('a sink that fails', () => {
  it('is probed when the dead letters have reached their bound, and gets everything afterwards', async () => {
    const harness = await dispatcherHarness({
      ...{ queueRecords: 60, dlq: { maxBytes: 10_000, segmentBytes: 3000 } },
      lanes: [{ retryQueueRecords: 20, retryQueueBytes: 400 }],
    });
    const { clock, sink, metrics, deadLetters } = harness;
    sink.respond = FAIL;
    const progress = publishing(harness, 100);
    await clock.advance(60_000);
    assert.ok(progress.done < 100, 'reading has stopped');
    assert.match(deadLetters.health().reason!, /dlq\.max_bytes/);
    sink.respond = DELIVER;
    await clock.advance(120_000);
    await progress.all;
    await clock.advance(20_000);
    assert.deepEqual(sink.delivered.toSorted(byNumber), numbered('line', 1000));
    metrics.collect();
    assert.equal(metrics.total('dlq_records'), 0);
  });

  it('for a moment costs no disk and no order, however large its batches', async () => {
    const harness = await dispatcherHarness({ lanes: [{ retryQueueRecords: 5 }] });
    const { clock, sink, metrics } = harness;
    sink.respond = FAIL;
    const { all } = publishing(harness, 20);
    await clock.advance(4000);
    sink.respond = DELIVER;
    await clock.advance(20_000);
    await all;
    assert.deepEqual(sink.delivered, numbered('line', 200));
    assert.equal(metrics.total('dlq_stored_total'), 0);
  });

  it('with fail_fast leaves the queue to the others', async () => {
    const harness = await dispatcherHarness({
      queueRecords: 50,
      lanes: [{}, { errorStrategy: 'fail_fast' }],
    });
    const { clock, sinks, dispatcher } = harness;
    sinks[1]!.respond = FAIL;
    const { all } = publishing(harness, 40);
    await clock.advance(1000);
    await all;
    const drained = dispatcher.drain(clock.monotonicMs() + 30_000);
    await clock.advance(0);
    assert.deepEqual(await drained, { sink0: 0, sink1: 400 });
    assert.deepEqual(sinks[0]!.delivered, numbered('line', 400));
  });

  it('and goes to the disk drives no other sink there that is merely busy', async () => {
    const harness = await dispatcherHarness({ queueRecords: 100, lanes: [{}, { retryQueueRecords: 20 }] });
    const { clock, sinks, metrics } = harness;
    sinks[1]!.respond = FAIL;
    sinks[0]!.manual = true;
    const { all } = publishing(harness, 60);
    while (sinks[0]!.delivered.length < 600) {
      await clock.advance(1);
      if (sinks[0]!.inFlight > 0) sinks[0]!.answer();
    }
    await all;
    assert.deepEqual(sinks[0]!.delivered, numbered('line', 600));
    assert.equal(metrics.total('dlq_stored_total', { sink: 'sink0' }), 0);
    assert.ok(metrics.total('dlq_stored_total', { sink: 'sink1' }) > 0);
  });
});

it('a slow sink that is alone in the way when the others have caught up is told so', async () => {
  const harness = await dispatcherHarness({ queueRecords: 100, lanes: [{}, {}] });
  const { clock, sinks } = harness;
  for (const sink of sinks) sink.manual = true;
  const progress = publishing(harness, 40);
  await clock.advance(0);
  assert.ok(progress.done < 40, 'the queue is full, and both are behind');
  sinks[0]!.manual = false;
  sinks[0]!.answer();
  await clock.advance(10_000);
  await progress.all;
  await clock.advance(0);
  assert.deepEqual(sinks[0]!.delivered, numbered('line', 400));
});

it('what waits in a stalled slot is never lost for what comes to wait beside it', async () => {
  const harness = await dispatcherHarness({ lanes: [{ overflow: 'block', retryQueueRecords: 1 }] });
  const { clock, sink, dispatcher } = harness;
  let left = 3;
  const taken: string[] = [];
  sink.respond = () => {
    const { lines } = sink.sent.at(-1)!;
    if (left-- <= 0) return DELIVER();
    taken.push(...lines.slice(2));
    return { kind: 'retry', failure: LIMITED, rest: Uint32Array.of(0, 1) };
  };
  const chunks = [0, 1, 2, 3].map(k => testChunk(numbered('line', 10, k * 10)));
  for (const { chunk } of chunks) await dispatcher.publish(chunk);
  await clock.advance(30_000);
  assert.deepEqual([...taken, ...sink.delivered].toSorted(byNumber), numbered('line', 40));
  assert.ok(chunks.every(chunk => chunk.isFree() && chunk.receipt.isDone));
});

describe('letters that are sent again', () => {
  /** With letters of two streams on disk, and nothing else. */
  async function withLetters(lane: Partial<LaneOptions> = {}): Promise<Harness> {
    const before = await dispatcherHarness();
    before.sink.respond = FAIL;
    for (const n of ['1', '2'])
      await before.dispatcher.publish(testChunk(numbered(n, 5), testStream({ n })).chunk);
    const drained = before.dispatcher.drain(before.clock.monotonicMs());
    await before.clock.advance(100);
    await drained;
    await before.dispatcher.close();
    await before.deadLetters.close();
    return dispatcherHarness({ fs: before.fs, manual: true, lanes: [lane] });
  }

  it('and taken in part: only the rest comes once more', async () => {
    const { clock, sink, deadLetters } = await withLetters();
    await clock.advance(100);
    sink.answer({ kind: 'retry', failure: LIMITED, rest: Uint32Array.of(1, 7) });
    await clock.advance(5000);
    sink.answer(FAIL());
    await clock.advance(5000);
    sink.answer();
    await clock.advance(5000);
    assert.deepEqual(
      sink.sent.slice(1).map(({ lines }) => lines),
      [
        ['1 1', '2 2'],
        ['1 1', '2 2'],
      ],
    );
    assert.equal(deadLetters.replayable('sink0'), 0);
  });

  /** With room for the letters of one stream in a batch, the first of which the sink limits. */
  async function limited(keepsOrder: boolean): Promise<Harness & { readonly sent: () => string[] }> {
    const harness = await withLetters({
      keepsOrder,
      limits: { records: 5, bytes: 1 << 16, timeoutMs: 1000 },
    });
    const { clock, sink } = harness;
    await clock.advance(100);
    sink.answer({ kind: 'retry', failure: LIMITED, rest: Uint32Array.of(3, 4), afterMs: 10_000 });
    await clock.advance(5000);
    return { ...harness, sent: () => sink.sent.map(({ lines }) => `${lines[0]}…${lines.at(-1)}`) };
  }

  it('hold up no others while the sink limits them', async () => {
    const { clock, sink, sent, deadLetters } = await limited(false);
    assert.deepEqual(sent(), ['1 0…1 4', '2 0…2 4']);
    sink.answer();
    await clock.advance(4000);
    assert.equal(sink.sent.length, 2, 'their own time has not come');
    await clock.advance(2000);
    assert.deepEqual(sent(), ['1 0…1 4', '2 0…2 4', '1 3…1 4']);
    sink.answer();
    await clock.advance(1000);
    assert.equal(deadLetters.replayable('sink0'), 0);
  });

  it('hold up the others where order is kept', async () => {
    const { clock, sent } = await limited(true);
    assert.deepEqual(sent(), ['1 0…1 4']);
    await clock.advance(6000);
    assert.deepEqual(sent(), ['1 0…1 4', '1 3…1 4']);
  });

  it('are waited for by a drain, which takes no more of them', async () => {
    const { clock, sink, dispatcher } = await withLetters();
    await clock.advance(100);
    assert.equal(sink.inFlight, 1);
    let hasEnded = false;
    const drained = dispatcher.drain(clock.monotonicMs() + 30_000).then(() => {
      hasEnded = true;
    });
    await clock.advance(1000);
    assert.equal(hasEnded, false);
    sink.answer(FAIL());
    await clock.advance(0);
    await drained;
    await clock.advance(20_000);
    assert.equal(sink.sent.length, 1);
  });
});

function byNumber(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1]);
}
