import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import type { Batch } from '../../pkg/types/batch.ts';
import { DELIVERED, type Outcome } from '../../pkg/types/outcome.ts';
import { linesOf, numbered, testChunk, testStream } from '../helpers/chunks.ts';
import { dispatcherHarness } from '../helpers/dispatcher-harness.ts';
import { failure, ScriptedSink } from '../helpers/scripted-sink.ts';

const LINES_PER_SECOND = 20_000;
const OUTAGE_MS = 60_000;
const TICK_MS = 50;
const CHUNK_LINES = (LINES_PER_SECOND * TICK_MS) / 1000;
const QUEUE_RECORDS = 50_000;
const PARKED_RECORDS = QUEUE_RECORDS / 10;
const BATCH_RECORDS = 2000;
/** The ticker of the retries, the time of a batch, and what the dead letters need: their age, and marks to be saved. */
const MAX_TIMERS = 4;

/** Remembers which numbers came, and which runs of lines before which. */
class CountingSink extends ScriptedSink {
  readonly times: Uint8Array;
  isUp = true;
  distinct = 0;
  /** The first line of each run, in order. */
  readonly heads: string[] = [];

  constructor(lines: number) {
    super('sink0');
    this.times = new Uint8Array(lines);
  }

  override async send(batch: Batch): Promise<Outcome> {
    if (!this.isUp) return failure('network');
    for (const part of batch.parts) {
      const lines = linesOf(part);
      this.heads.push(lines[0]!);
      for (const line of lines) this.#count(Number(line.slice(line.indexOf(' ') + 1)));
    }
    return DELIVERED;
  }

  #count(n: number): void {
    if (this.times[n] === 0) this.distinct++;
    this.times[n]!++;
  }
}

/** A dispatcher with the defaults of the config, but dead letters on a real disk and a clock that the test moves. */
async function newDispatcher(t: TestContext, sink: ScriptedSink) {
  const dir = mkdtempSync(join(tmpdir(), 'log-capturer-'));
  const harness = await dispatcherHarness({
    ...{ fs: nodeFs, dir: join(dir, 'dlq'), queueRecords: QUEUE_RECORDS, queueBytes: 64 << 20 },
    lanes: [
      {
        ...{ sink, workers: 4, retryQueueRecords: PARKED_RECORDS, retryQueueBytes: 32 << 20 },
        limits: { records: BATCH_RECORDS, bytes: 1 << 20, timeoutMs: 1000 },
      },
    ],
  });
  t.after(async () => {
    await harness.dispatcher.close();
    await harness.deadLetters.close();
    rmSync(dir, { recursive: true });
  });
  return harness;
}

it('an outage of 60 s at 20 000 lines/s: bounded memory, one ticker, and every line once afterwards', async t => {
  const chunks = OUTAGE_MS / TICK_MS;
  const lines = chunks * CHUNK_LINES;
  const sink = new CountingSink(lines + 1);
  const { clock, dispatcher, metrics, fatal } = await newDispatcher(t, sink);
  const streams = Array.from({ length: 8 }, (_, n) => testStream({ n: String(n) }));
  const most = { parked: 0, queued: 0, timers: 0, heldChunks: 0 };
  const waiting = new Set<ReturnType<typeof testChunk>>();
  sink.isUp = false;
  for (let k = 0; k < chunks; k++) {
    const made = testChunk(numbered('line', CHUNK_LINES, k * CHUNK_LINES), streams[k % streams.length]);
    waiting.add(made);
    await dispatcher.publish(made.chunk);
    await clock.advance(TICK_MS);
    metrics.collect();
    for (const each of waiting) if (each.isFree()) waiting.delete(each);
    most.parked = Math.max(most.parked, metrics.value('dispatcher_retry_queue_size', { sink: 'sink0' }));
    most.queued = Math.max(most.queued, metrics.value('dispatcher_queue_size'));
    most.timers = Math.max(most.timers, clock.armed);
    most.heldChunks = Math.max(most.heldChunks, waiting.size);
  }
  assert.ok(most.parked > 0 && most.parked <= PARKED_RECORDS);
  assert.ok(most.queued <= QUEUE_RECORDS);
  assert.ok(most.timers <= MAX_TIMERS, `${most.timers} timers`);
  // The queue, and in each slot what is gathered, sealed, and held; what is under way to the disk is bounded in bytes.
  const heldRecords = QUEUE_RECORDS + 4 * 3 * BATCH_RECORDS + (8 << 20) / 11;
  assert.ok(most.heldChunks * CHUNK_LINES <= heldRecords, `${most.heldChunks} chunks`);

  sink.isUp = true;
  await clock.advance(11_000);
  sink.heads.length = 0;
  await dispatcher.publish(testChunk([`new ${lines}`], streams[0]).chunk);
  while (sink.distinct <= lines) await clock.advance(100);
  const place = sink.heads.indexOf(`new ${lines}`);
  // It waits for its batch to be filled up to a second, as always, and letters go one batch a second meanwhile.
  assert.ok(place >= 0 && place <= streams.length * 2, `${place} runs of lines came before the new one`);
  await clock.advance(2000);
  assert.deepEqual(fatal, []);
  assert.ok(
    sink.times.every(times => times === 1),
    'each line once',
  );
  metrics.collect();
  assert.equal(metrics.total('logs_in_flight'), 0);
  const letters = metrics.total('dlq_stored_total', { cause: 'overflow' });
  assert.ok(letters > 0.9 * lines, 'nearly all of it was on disk');
  assert.equal(metrics.total('dlq_replayed_total'), metrics.total('dlq_stored_total'));
});
