import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Batch } from '../../pkg/types/batch.ts';
import type { FailureKind, Outcome } from '../../pkg/types/outcome.ts';
import type { Sink } from '../../pkg/types/ports.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import { batchOf, partOf } from '../helpers/batches.ts';
import { numbered, type TestChunk, testChunk, testStream } from '../helpers/chunks.ts';

/** A record as the other side holds it; `nanos` are nanoseconds since 1970. */
export interface Arrived {
  readonly line: string;
  readonly nanos: bigint;
}

/**
 * How the other side behaves: takes all; takes some, not those that say `bad`, or not all that is much; takes none for
 * now; or never answers.
 */
export type Behaviour = 'take' | 'some' | 'fail' | 'hang';

/** A sink that has not been started, and the other side of it. */
export interface SinkHarness {
  readonly sink: Sink;
  behave(behaviour: Behaviour): void;
  /** Resolves when the other side has got `count` messages in all; what it got, as it stood on the wire. */
  wire(count: number): Promise<readonly Buffer[]>;
  /** What arrived of a stream, in order. */
  arrived(stream: Stream): readonly Arrived[];
  /** Makes the other side unreachable, which is a failure of this kind. */
  vanish(): Promise<void>;
  readonly unreachable: FailureKind;
  close(): Promise<void>;
}

/** The suite that every sink passes: what the retry manager relies on, whatever is on the other side. */
export function sinkContract(name: string, open: () => Promise<SinkHarness>): void {
  const check = (title: string, test: (harness: SinkHarness) => Promise<void>): void => {
    it(title, { timeout: 10_000 }, async () => {
      const harness = await open();
      try {
        await harness.sink.start();
        await test(harness);
      } finally {
        await harness.sink.close();
        await harness.close();
      }
    });
  };
  describe(`${name}: delivery`, () => deliveryContract(check));
  describe(`${name}: memory`, () => memoryContract(check));
  describe(`${name}: failure`, () => failureContract(check));
}

type Check = (title: string, test: (harness: SinkHarness) => Promise<void>) => void;

function deliveryContract(check: Check): void {
  check('delivers records in order, under their labels, with their times', async ({ sink, arrived }) => {
    const stream = testStream({ job: 'order', path: 'a "b" \\ ü' });
    const { chunk } = testChunk(['first', '', 'größe "x" \\ \t', 'last'], stream);
    assert.deepEqual(await send(sink, batchOf(partOf(chunk))), { kind: 'delivered' });
    assert.deepEqual(arrived(stream), expected(chunk, ['first', '', 'größe "x" \\ \t', 'last']));
  });

  check('delivers the middle of a chunk with the times it has in the whole', async ({ sink, arrived }) => {
    const stream = testStream({ job: 'middle' });
    const { chunk } = testChunk(numbered('line', 10), stream);
    await send(sink, batchOf(partOf(chunk, 3, 7)));
    assert.deepEqual(arrived(stream), expected(chunk, numbered('line', 10)).slice(3, 7));
  });

  check('keeps the order of several chunks of one stream in one batch', async ({ sink, arrived }) => {
    const [a, b] = [testStream({ job: 'a' }), testStream({ job: 'b' })];
    const chunks = [testChunk(['a0', 'a1'], a), testChunk(['b0'], b), testChunk(['a2'], a)];
    await send(sink, batchOf(...chunks.map(({ chunk }) => partOf(chunk))));
    assert.deepEqual(linesOf(arrived(a)), ['a0', 'a1', 'a2']);
    assert.deepEqual(linesOf(arrived(b)), ['b0']);
  });

  check('sends the same bytes when a batch is sent again', async ({ sink, behave, wire }) => {
    const chunks = [testChunk(numbered('x', 100), testStream({ job: 'x' })), testChunk(['y'], testStream())];
    const batch = batchOf(...chunks.map(({ chunk }) => partOf(chunk)));
    behave('fail');
    assert.equal((await send(sink, batch)).kind, 'retry');
    behave('take');
    assert.equal((await send(sink, { ...batch, attempt: 2 })).kind, 'delivered');
    const messages = await wire(2);
    const half = messages.length / 2;
    assert.deepEqual(messages.slice(0, half), messages.slice(half));
  });

  check('sends several streams at the same time', async ({ sink, arrived }) => {
    const streams = Array.from({ length: 6 }, (_, n) => testStream({ job: `parallel-${n}` }));
    const batches = streams.map((stream, n) =>
      batchOf(partOf(testChunk(numbered(`s${n}`, 200), stream).chunk)),
    );
    const outcomes = await Promise.all(batches.map(batch => send(sink, batch)));
    assert.deepEqual(new Set(outcomes.map(({ kind }) => kind)), new Set(['delivered']));
    streams.forEach((stream, n) => {
      assert.deepEqual(linesOf(arrived(stream)), numbered(`s${n}`, 200));
    });
  });
}

function memoryContract(check: Check): void {
  check('does not write to what it is lent', async ({ sink, behave }) => {
    const { chunk } = testChunk(numbered('lent', 300));
    const sums = (): number[] => [crc32(chunk.bytes), crc32(Buffer.from(chunk.spans.buffer))];
    const before = sums();
    for (const behaviour of ['take', 'fail', 'some'] as const) {
      behave(behaviour);
      await send(sink, batchOf(partOf(chunk)));
      assert.deepEqual(sums(), before, behaviour);
    }
  });

  check('keeps no view of what it is lent after it has answered', async ({ sink, arrived }) => {
    const stream = testStream({ job: 'lent' });
    for (const round of ['one', 'two', 'three']) {
      const { chunk } = testChunk(numbered(round, 50), stream);
      await send(sink, batchOf(partOf(chunk)));
      chunk.bytes.fill(0xdb);
    }
    assert.deepEqual(
      linesOf(arrived(stream)),
      ['one', 'two', 'three'].flatMap(round => numbered(round, 50)),
    );
  });

  check('keeps no view of what it is lent after it was told to give up', async ({ sink, behave, wire }) => {
    const { chunk } = testChunk(numbered('given up', 50));
    behave('hang');
    const stop = new AbortController();
    const pending = sink.send(batchOf(partOf(chunk)), stop.signal);
    await wire(1);
    stop.abort();
    await pending;
    chunk.bytes.fill(0xdb);
    for (const message of await wire(1)) assert.ok(!message.includes(Buffer.alloc(8, 0xdb)));
  });
}

function failureContract(check: Check): void {
  check('says retry, and why, when nobody is there', async ({ sink, vanish, unreachable }) => {
    await vanish();
    const outcome = await send(sink, oneLine());
    assert.equal(outcome.kind === 'retry' && outcome.failure.kind, unreachable);
    assert.equal(sink.health().status, 'degraded');
  });

  check('is healthy again after the first delivery', async ({ sink, behave }) => {
    behave('fail');
    assert.equal((await send(sink, oneLine())).kind, 'retry');
    assert.equal(sink.health().status, 'degraded');
    behave('take');
    await send(sink, oneLine());
    assert.equal(sink.health().status, 'ok');
  });

  check('names the records that were not taken by their numbers, and no others', async harness => {
    const [a, b] = [testStream({ job: 'much' }), testStream({ job: 'more' })];
    const lines = ['a', 'b'].map(name =>
      numbered(name, 300).map((line, n) => `${line} ${n % 100 === 99 ? 'bad ' : ''}`.padEnd(1000, '.')),
    );
    const parts = [a, b].map((stream, n) => partOf(testChunk(lines[n]!, stream).chunk));
    harness.behave('some');
    const named = namedBy(await send(harness.sink, batchOf(...parts)));
    assert.deepEqual(
      named,
      [...new Set(named)].sort((x, y) => x - y),
    );
    assert.ok(named.length > 0 && named.length < 600, `${named.length} named`);
    const taken = lines.flat().filter((_, number) => !named.includes(number));
    assert.deepEqual(
      [a, b].flatMap(stream => linesOf(harness.arrived(stream))),
      taken,
    );
  });

  check('gives up when it is told to, and says so', async ({ sink, behave, wire }) => {
    behave('hang');
    const stop = new AbortController();
    const pending = sink.send(oneLine(), stop.signal);
    await wire(1);
    stop.abort();
    assertAborted(await pending);
    assertAborted(await sink.send(oneLine(), stop.signal));
  });

  check('ends what is under way when it is closed, twice too, and takes nothing after', async harness => {
    const { sink, behave, wire } = harness;
    behave('hang');
    const pending = send(sink, oneLine());
    await wire(1);
    await sink.close();
    assertAborted(await pending);
    await sink.close();
    assertAborted(await send(sink, oneLine()));
  });
}

function send(sink: Sink, batch: Batch): Promise<Outcome> {
  return sink.send(batch, new AbortController().signal);
}

function oneLine(): Batch {
  return batchOf(partOf(testChunk(['one line']).chunk));
}

/** The records that an outcome names as refused or as left over. */
function namedBy(outcome: Outcome): number[] {
  if (outcome.kind === 'retry') return [...(outcome.rest ?? [])];
  if (outcome.kind !== 'rejected') return [];
  const refused = outcome.refusals.flatMap(({ records }) => [...records]);
  return [...refused, ...(outcome.rest?.records ?? [])].sort((x, y) => x - y);
}

function assertAborted(outcome: Outcome): void {
  assert.equal(outcome.kind === 'retry' && outcome.failure.kind, 'aborted');
}

function expected({ base }: TestChunk['chunk'], lines: readonly string[]): Arrived[] {
  const first = BigInt(base.sec) * 1_000_000_000n + BigInt(base.nanos);
  return lines.map((line, r) => ({ line, nanos: first + BigInt(r) }));
}

function linesOf(arrived: readonly Arrived[]): string[] {
  return arrived.map(({ line }) => line);
}
