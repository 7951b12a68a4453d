import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Chunk } from '../../pkg/types/chunk.ts';
import type { LetterCause } from '../../pkg/types/dead-letters.ts';
import { ALL, batchOfLines, linesIn, reasonOf, startQueue, type TestQueue } from './dead-letters.ts';
import type { MemoryFs } from './memory-fs.ts';

const SINKS = ['loki', 'kafka'] as const;
const AUTO: readonly LetterCause[] = ['overflow', 'shutdown', 'retries_exhausted'];
/** So small that a few letters fill a segment. */
const CONFIG = { segmentBytes: 1500 };

const sink = fc.constantFrom(...SINKS);
const cause = fc.constantFrom<LetterCause>('overflow', 'shutdown', 'rejected');
const nth = fc.nat({ max: 5 });

const arbitraryStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('store'),
      sink,
      cause,
      counts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('take'), sink, records: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('settle', 'release'), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('replay', 'purge'), sink, cause }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('wait', 'restart', 'kill', 'powerCut') }) },
);

export type Step = typeof arbitraryStep extends fc.Arbitrary<infer S> ? S : never;

export function arbitrarySteps(maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(arbitraryStep, { minLength: 1, maxLength, size: 'max' });
}

/** A letter that must be there, as the model sees it. */
interface Expected {
  readonly sink: string;
  readonly cause: LetterCause;
  isRequested: boolean;
}

/** A life of a queue beside a model of it: what was said to be stored, and what of it may go. */
export class History {
  #test: TestQueue;
  #disk: MemoryFs;
  /** Every line that was ever handed to `store`. */
  readonly #offered = new Set<string>();
  /** Said to be stored, and neither settled nor purged. */
  #stored = new Map<string, Expected>();
  readonly #out: { readonly chunk: Chunk; readonly lines: readonly string[] }[] = [];

  private constructor(test: TestQueue, disk: MemoryFs) {
    this.#test = test;
    this.#disk = disk;
  }

  /** `fs` works on `disk`. */
  static async begin(disk: MemoryFs, fs: Fs = disk): Promise<History> {
    return new History(await startQueue(fs, CONFIG), disk);
  }

  /** Lives `steps` while it is alive; after each, everything is as in the model, unless the disk lies (`isChecked` false). */
  async run(steps: readonly Step[], isAlive: () => boolean = () => true, isChecked = true): Promise<void> {
    for (const step of steps) {
      if (!isAlive()) return;
      await this.#do(step, isAlive);
      if (isChecked && isAlive()) await this.#assertSame();
    }
  }

  /** The same past, to go on from in another way. */
  twin(): History {
    const twin = new History(this.#test, this.#disk);
    for (const line of this.#offered) twin.#offered.add(line);
    twin.#stored = new Map(this.#stored);
    return twin;
  }

  /** Closes the queue. */
  async end(): Promise<void> {
    this.#out.splice(0).forEach(({ chunk }) => void chunk.release());
    await this.#test.queue.close();
  }

  /**
   * Starts again on what a kill or a loss of power left of the disk: all that was said to be stored is there, and
   * nothing that was never handed in. What had been settled may come again.
   */
  async startAgain(disk: MemoryFs): Promise<void> {
    this.#disk = disk;
    this.#out.length = 0;
    this.#test = await startQueue(disk, CONFIG);
    const { letters } = await this.#test.queue.list({ limit: 1_000_000 });
    const found = new Map(letters.map(letter => [letter.line, letter]));
    assert.equal(found.size, letters.length, 'a letter is there twice');
    for (const line of this.#stored.keys()) assert.ok(found.has(line), `${line} was said to be stored`);
    for (const line of found.keys()) assert.ok(this.#offered.has(line), `${line} was never handed in`);
    const before = this.#stored;
    this.#stored = new Map(
      letters.map(each => [each.line, { ...each, isRequested: before.get(each.line)?.isRequested ?? false }]),
    );
    await this.#assertAllGo();
  }

  async #do(step: Step, isAlive: () => boolean): Promise<void> {
    if ('counts' in step)
      await Promise.all(step.counts.map(count => this.#store(step.sink, step.cause, count)));
    else if ('records' in step) await this.#take(step.sink, step.records);
    else if ('nth' in step) this.#letGo(step.nth, step.kind === 'settle');
    else if ('sink' in step) await this.#order(step.kind as 'replay' | 'purge', step, isAlive);
    else if (step.kind === 'wait') await this.#test.clock.advance(2_000);
    else await this.#restart(step.kind);
  }

  async #store(to: string, why: LetterCause, count: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, i) => `line ${this.#offered.size + i} "${to}"`);
    for (const line of lines) this.#offered.add(line);
    const result = await this.#test.queue.store(to, batchOfLines(lines, { to }), reasonOf(why));
    if (result !== 'stored') return;
    for (const line of lines) this.#stored.set(line, { sink: to, cause: why, isRequested: false });
  }

  async #take(from: string, records: number): Promise<void> {
    for (const chunk of await this.#test.queue.take(from, { records, bytes: 1000 })) {
      const lines = linesIn([chunk]);
      assert.ok(lines.length <= records);
      assert.equal(chunk.stream.labels.get('to'), from);
      for (const line of lines) {
        assert.ok(this.#mayGo(line), `${line} must not go`);
        assert.ok(!this.#isOut(line), `${line} is under way already`);
      }
      this.#out.push({ chunk, lines });
    }
  }

  #letGo(index: number, isSettled: boolean): void {
    const [out] = this.#out.splice(index % Math.max(this.#out.length, 1), 1);
    if (out === undefined) return;
    if (isSettled) {
      out.chunk.receipt.settle();
      for (const line of out.lines) this.#stored.delete(line);
    }
    out.chunk.release();
  }

  async #order(
    order: 'replay' | 'purge',
    filter: { readonly sink: string; readonly cause: LetterCause },
    isAlive: () => boolean,
  ): Promise<void> {
    await this.#test.queue
      .carryOut(order, { sink: filter.sink, cause: filter.cause }, { isDry: false, by: 'test' })
      .catch(error => {
        if (isAlive()) throw error;
      });
    for (const [line, expected] of this.#stored) {
      if (expected.sink !== filter.sink || expected.cause !== filter.cause || this.#isOut(line)) continue;
      if (order === 'purge') this.#stored.delete(line);
      else if (isAlive()) expected.isRequested = true;
    }
  }

  async #restart(kind: string): Promise<void> {
    const { clock } = this.#test;
    // What is done and asked for is on disk within seconds.
    await clock.advance(2_000);
    if (kind === 'restart') {
      await this.end();
      assert.equal(clock.armed, 0, 'a timer was left');
    }
    const before = new Map(this.#stored);
    await this.startAgain(kind === 'powerCut' ? this.#disk.afterPowerCut() : this.#disk.afterKill());
    if (kind !== 'kill') assert.deepEqual([...this.#stored.keys()].sort(), [...before.keys()].sort());
  }

  async #assertSame(): Promise<void> {
    const { letters } = await this.#test.queue.list({ limit: 1_000_000 });
    assert.deepEqual(letters.map(({ line }) => line).sort(), [...this.#stored.keys()].sort());
    for (const name of SINKS) {
      const mayGo = [...this.#stored].filter(
        ([line, each]) => each.sink === name && this.#mayGo(line) && !this.#isOut(line),
      );
      assert.equal(this.#test.queue.replayable(name), mayGo.length);
    }
  }

  /** Everything that may go does, once, and whole. */
  async #assertAllGo(): Promise<void> {
    const gone = [];
    for (const name of SINKS) {
      const chunks = await this.#test.queue.take(name, ALL);
      gone.push(...linesIn(chunks));
      for (const chunk of chunks) chunk.release();
    }
    const mayGo = [...this.#stored.keys()].filter(line => this.#mayGo(line));
    for (const line of mayGo) assert.ok(gone.includes(line), `${line} does not go`);
    assert.equal(new Set(gone).size, gone.length);
  }

  #mayGo(line: string): boolean {
    const expected = this.#stored.get(line);
    return expected !== undefined && (AUTO.includes(expected.cause) || expected.isRequested);
  }

  #isOut(line: string): boolean {
    return this.#out.some(({ lines }) => lines.includes(line));
  }
}
