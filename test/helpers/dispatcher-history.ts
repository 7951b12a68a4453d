import assert from 'node:assert/strict';
import { numbered, type TestChunk, testChunk, testStream } from './chunks.ts';
import { assertEnds, assertOrder, type Fate, isFull, newFate } from './dispatcher-fates.ts';
import { dispatcherHarness, laneOptions } from './dispatcher-harness.ts';
import { type HistoryPlan, type HistoryStep, isOrdered, REFUSED } from './dispatcher-plan.ts';
import { MemoryFs } from './memory-fs.ts';
import { DELIVER, DOWN, type Whim, WhimSink } from './whim-sink.ts';

/** So long everything may take to find its end, once all is well. */
const ROUNDS = 60;
const ROUND_MS = 20_000;

interface Pending extends TestChunk {
  readonly lines: readonly string[];
  readonly stream: number;
}

/**
 * A random life of a dispatcher with real dead letters: sinks with whims, a disk that fills up, restarts. After every
 * step the books balance and the bounds hold; in the end every line has found its end exactly once.
 */
export class DispatcherHistory {
  readonly #plan: HistoryPlan;
  readonly #fs = new MemoryFs();
  readonly #whims: Whim[];
  readonly #down = new Set<number>();
  readonly #fates: readonly Fate[];
  /** Read again after a restart that could not save them: they may come twice. */
  readonly #again = new Set<string>();
  #life: Awaited<ReturnType<typeof dispatcherHarness>> | undefined;
  readonly #streamOf = new Map<string, number>();
  #pending: Pending[] = [];
  #publishing = Promise.resolve();
  #lines = 0;
  #read = 0;
  #isWell = false;

  constructor(plan: HistoryPlan) {
    this.#plan = plan;
    this.#whims = [...plan.whims];
    this.#fates = plan.lanes.map(newFate);
  }

  async run(): Promise<void> {
    await this.#begin();
    for (const each of this.#plan.steps) {
      await this.#do(each);
      await this.#now.clock.advance(0);
      this.#assertBounds();
    }
    await this.#heal();
    await this.#end();
    for (const fate of this.#fates) assertEnds(fate, numbered('line', this.#lines), this.#again);
    // What a full disk kept from becoming letters is read again.
    if (this.#again.size > 0) return;
    this.#fates.forEach((fate, index) => {
      if (isOrdered(this.#plan, index)) assertOrder(fate);
    });
  }

  get #now(): Awaited<ReturnType<typeof dispatcherHarness>> {
    assert.ok(this.#life);
    return this.#life;
  }

  async #begin(): Promise<void> {
    const { lanes, queueRecords, dlqMaxBytes } = this.#plan;
    const sinks = lanes.map((options, index) => ({ ...options, sink: this.#sink(index) }));
    const dlq = { maxBytes: dlqMaxBytes, segmentBytes: 2000 };
    this.#life = await dispatcherHarness({ fs: this.#fs, lanes: sinks, queueRecords, dlq });
    this.#read = 0;
    this.#publishing = Promise.resolve();
    const again = this.#pending.filter(({ receipt }) => !receipt.isDone);
    this.#pending = [];
    for (const { lines, stream } of again) {
      for (const line of lines) this.#again.add(line);
      this.#publish(lines, stream);
    }
  }

  #sink(index: number): WhimSink {
    const { delivered, late, arrived } = this.#fates[index]!;
    return new WhimSink(`sink${index}`, {
      clock: () => this.#now.clock,
      whim: () => {
        if (this.#isWell) return DELIVER;
        return this.#down.has(index) ? DOWN : (this.#whims.shift() ?? DELIVER);
      },
      isByStream: this.#plan.lanes[index]!.keepsOrder!,
      onDelivered: line => {
        delivered.set(line, (delivered.get(line) ?? 0) + 1);
        const stream = this.#streamOf.get(line)!;
        arrived.set(stream, [...(arrived.get(stream) ?? []), line]);
      },
      onRefused: line => late.add(line),
    });
  }

  async #do(each: HistoryStep): Promise<void> {
    const { clock, dispatcher, deadLetters } = this.#now;
    if ('publish' in each) {
      this.#publish(numbered('line', each.publish, this.#lines), each.stream);
      this.#lines += each.publish;
    } else if ('advanceMs' in each) await clock.advance(each.advanceMs);
    else if ('isDown' in each) this.#down[each.isDown ? 'add' : 'delete'](each.sink);
    else if ('isDiskFull' in each) this.#fs.isFull = each.isDiskFull;
    else if ('copyMode' in each) dispatcher.setCopyMode(each.copyMode);
    else if ('workers' in each) await this.#change(each.sink, each.workers);
    else if ('replay' in each) {
      await deadLetters
        .carryOut('replay', { cause: each.replay }, { isDry: false, by: 'test' })
        .catch(isFull);
      dispatcher.wake();
    } else await this.#restart(each.restartWithinMs);
  }

  /** A reload puts another sink in the place of one, with another number of workers. */
  async #change(index: number, workers: number): Promise<void> {
    const { clock, dispatcher } = this.#now;
    const options = { ...this.#plan.lanes[index], workers, sink: this.#sink(index) };
    const changed = dispatcher.lanes.change(laneOptions(options, options.sink.name));
    await clock.advance(6000);
    await changed;
  }

  /** Publishes after whatever waits for room; counts as read when it was taken, as monitors do. */
  #publish(lines: readonly string[], stream: number): void {
    const { dispatcher } = this.#now;
    const made = testChunk(lines, testStream({ n: String(stream) }));
    this.#pending.push({ ...made, lines, stream });
    for (const line of lines) this.#streamOf.set(line, stream);
    this.#publishing = this.#publishing
      .then(() => dispatcher.publish(made.chunk))
      .then(() => {
        this.#read += lines.length;
      })
      .catch(error => assert.equal(error.code, 'LC_QUEUE_CLOSED'));
  }

  async #restart(withinMs: number): Promise<void> {
    const { clock, dispatcher, deadLetters } = this.#now;
    const drained = dispatcher.drain(clock.monotonicMs() + withinMs);
    await clock.advance(withinMs + 6000);
    await drained;
    await dispatcher.close();
    await this.#publishing;
    await this.#noteLetters();
    // Just in time to mark on disk what was sent.
    this.#fs.isFull = false;
    await deadLetters.close();
    assert.deepEqual(this.#now.fatal, []);
    this.#assertBooks();
    for (const { receipt, isFree } of this.#pending)
      assert.ok(!receipt.isDone || isFree(), 'memory of a settled chunk was kept');
    this.#countDiscarded();
    await this.#begin();
  }

  /** What was taken off the disk as one and sent in part comes again whole. */
  async #noteLetters(): Promise<void> {
    const { letters } = await this.#now.deadLetters.list({ limit: 1_000_000 });
    const seen = new Set<string>();
    for (const { sink, line, cause } of letters) {
      // What was under way when others went to disk joined them at the stop.
      if (cause === 'shutdown') this.#fates[Number(sink.at(-1))]!.late.add(line);
      const key = `${sink} ${line}`;
      if (seen.has(key) || this.#fates[Number(sink.at(-1))]!.delivered.has(line)) this.#again.add(line);
      seen.add(key);
    }
  }

  /** The sinks work, the disk has room, and a person looks after what was refused. */
  async #heal(): Promise<void> {
    this.#isWell = true;
    this.#fs.isFull = false;
    const { clock, deadLetters } = this.#now;
    for (let round = 0; round < ROUNDS; round++) {
      await clock.advance(ROUND_MS);
      this.#assertBounds();
      if (this.#isAtRest()) return;
      for (const cause of REFUSED) {
        const { letters } = await deadLetters.list({ cause, limit: 1_000_000 });
        for (const { id, sink, line } of letters) {
          const { records } = await deadLetters.carryOut(
            'purge',
            { ids: [id] },
            { isDry: false, by: 'test' },
          );
          // What was asked for and is on its way is not purged.
          if (records > 0) this.#fates[Number(sink.at(-1))]!.purged.add(line);
        }
      }
    }
    assert.fail(`after ${ROUNDS} rounds of health lines are in flight, or letters wait that should go`);
  }

  #isAtRest(): boolean {
    const { metrics } = this.#now;
    metrics.collect();
    const letters =
      metrics.total('dlq_records') -
      REFUSED.reduce((sum, cause) => sum + metrics.total('dlq_records', { cause }), 0);
    return metrics.total('logs_in_flight') === 0 && letters === 0;
  }

  async #end(): Promise<void> {
    const { clock, deadLetters } = this.#now;
    await this.#publishing;
    await clock.advance(60_000);
    const { letters } = await deadLetters.list({ limit: 1_000_000 });
    for (const { sink, line } of letters) this.#fates[Number(sink.at(-1))]!.purged.add(line);
    this.#countDiscarded();
    for (const { receipt, isFree } of this.#pending)
      assert.ok(receipt.isDone && isFree(), 'a chunk was kept');
    assert.ok(clock.armed <= 1, `${clock.armed} timers are armed; only the age of letters may be`);
  }

  #countDiscarded(): void {
    this.#fates.forEach((fate, index) => {
      const labels = { sink: `sink${index}`, outcome: 'discarded' };
      fate.discarded += this.#now.metrics.value('logs_settled_total', labels);
    });
  }

  #assertBooks(): void {
    const { metrics } = this.#now;
    metrics.collect();
    this.#plan.lanes.forEach((_, index) => {
      const sink = `sink${index}`;
      const settled = (['delivered', 'stored', 'discarded'] as const).map(outcome =>
        metrics.value('logs_settled_total', { sink, outcome }),
      );
      const accounted = settled.reduce((a, b) => a + b, metrics.value('logs_in_flight', { sink }));
      assert.equal(accounted, this.#read, `books of ${sink}`);
    });
  }

  #assertBounds(): void {
    assert.deepEqual(this.#now.fatal, []);
    this.#assertBooks();
    const { metrics } = this.#now;
    this.#plan.lanes.forEach(({ retryQueueRecords }, index) => {
      const parked = metrics.value('dispatcher_retry_queue_size', { sink: `sink${index}` });
      assert.ok(parked <= retryQueueRecords!, `${parked} records are parked`);
    });
    const queued = metrics.value('dispatcher_queue_size');
    assert.ok(queued <= this.#plan.queueRecords, `${queued} records are queued`);
  }
}
