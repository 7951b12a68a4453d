import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { CollectingPublisher, Cutoff } from '../../../test/helpers/collecting-publisher.ts';
import { engineContext, testContainer, trackOf } from '../../../test/helpers/engine-context.ts';
import { type EngineLine, entriesOf, framesOf, linesSince } from '../../../test/helpers/engine-log.ts';
import { MemoryPositions } from '../../../test/helpers/memory-positions.ts';
import { ContainerLines } from './container-lines.ts';
import type { Moment } from './cursor.ts';

const START_SEC = 1_700_000_000;

/** What a container prints next: the clock moves by `step` milliseconds, and its nanoseconds may stand still. */
interface Print {
  readonly output: 'stdout' | 'stderr';
  readonly stepMs: number;
  readonly size: number;
}

const print: fc.Arbitrary<Print> = fc.record({
  output: fc.constantFrom('stdout' as const, 'stderr' as const),
  stepMs: fc.oneof(fc.constantFrom(0, 0, 1), fc.nat({ max: 3000 }), fc.integer({ min: -10_000, max: 0 })),
  size: fc.oneof(fc.constantFrom(0, 1, 5), fc.constant(20_000)),
});

/** A connection: the log has grown by so many lines, and breaks after a part of the answer. */
interface Connection {
  /** `all`: over the API, from the beginning of the log. */
  readonly way: 'api' | 'all' | 'files';
  readonly grows: number;
  /** Where the engine goes back, in percent of what has grown, and by how many lines. */
  readonly repeats: readonly (readonly [at: number, by: number])[];
  readonly part: number;
  readonly flushes: readonly number[];
  readonly settles: number;
  readonly dies: boolean;
}

const connection: fc.Arbitrary<Connection> = fc.record({
  way: fc.constantFrom('api' as const, 'all' as const, 'files' as const),
  grows: fc.nat({ max: 8 }),
  repeats: fc.array(fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 4 })), { maxLength: 2 }),
  part: fc.integer({ min: 0, max: 100 }),
  flushes: fc.array(fc.nat({ max: 99 }), { maxLength: 3 }),
  settles: fc.nat({ max: 5 }),
  dies: fc.boolean(),
});

function logOf(prints: readonly Print[]): EngineLine[] {
  let [ms, steps] = [0, 0];
  return prints.map(({ output, stepMs, size }, n) => {
    ms = Math.max(0, ms + stepMs);
    if (stepMs !== 0) steps++;
    // Equal lines follow each other in one nanosecond where the size is 0.
    const text = size === 0 ? `same ${steps}` : `${n} ${'x'.repeat(size)}`;
    return { output, sec: START_SEC + Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6, text };
  });
}

/** What an engine sends that goes back again and again, when it has sent the `before` lines that were there. */
function withRepeats(
  lines: readonly EngineLine[],
  before: number,
  repeats: Connection['repeats'],
): EngineLine[] {
  const sent: EngineLine[] = [];
  let from = 0;
  for (const [at, by] of repeats.toSorted(([a], [b]) => a - b)) {
    const to = before + Math.floor(((lines.length - before) * at) / 100);
    sent.push(...lines.slice(from, to));
    from = Math.max(0, to - by);
  }
  return [...sent, ...lines.slice(from)];
}

/** What may happen: agents are killed, engines repeat themselves. */
interface Hazards {
  readonly canDie?: boolean;
  readonly canRepeat?: boolean;
}

/** Reads a log that grows, over connections that break. */
async function readAll(log: readonly EngineLine[], connections: readonly Connection[], hazards: Hazards) {
  const clock = new ManualClock();
  const publisher = new CollectingPublisher(false);
  const container = testContainer();
  let positions = new MemoryPositions();
  let wayOut = new Cutoff(publisher);
  const agent = (): ContainerLines => {
    const context = engineContext({ positions, publisher: wayOut, clock });
    return new ContainerLines(context, trackOf(positions, container), container);
  };
  let lines = agent();
  let there = 0;
  const countAt = async (output: string, { sec, nanos }: Moment): Promise<number> =>
    log.filter(each => each.output === output && each.sec === sec && each.nanos === nanos).length;
  const last: Connection = {
    way: 'api',
    grows: log.length,
    repeats: [],
    part: 100,
    flushes: [],
    settles: 0,
    dies: false,
  };
  for (const { way, grows, repeats, part, flushes, settles, dies } of [...connections, last, last]) {
    const { since: begin } = lines.position;
    const asked = begin === null || way === 'all' ? '0' : `${begin.sec}.${begin.nanos}`;
    const known = linesSince(log.slice(0, there), asked, 'first').length;
    there = Math.min(log.length, there + grows);
    const since = linesSince(log.slice(0, there), asked, 'first');
    const sent = hazards.canRepeat ? withRepeats(since, known, repeats) : since;
    const answer = Buffer.concat(way === 'files' ? entriesOf(log.slice(0, there)) : framesOf(sent));
    const end = Math.floor((answer.length * part) / 100);
    lines.begin(way === 'files' ? undefined : countAt);
    let from = 0;
    for (const to of [...flushes.map(each => Math.floor((end * each) / 100)), end].sort((a, b) => a - b)) {
      assert.equal(lines.push(answer, from, to), undefined);
      from = to;
      await lines.flush();
    }
    // Whatever may tell more has come.
    await clock.advance(1000);
    if (!hazards.canRepeat) await lines.flush();
    publisher.settle(settles);
    if (!dies || !hazards.canDie) continue;
    wayOut.cut();
    positions = positions.restarted();
    wayOut = new Cutoff(publisher);
    lines = agent();
  }
  return publisher.records;
}

function textsOf(log: readonly { text: string; output: string }[], output: string): string[] {
  return log.filter(each => each.output === output).map(each => each.text);
}

function assertInOrder(
  records: Awaited<ReturnType<typeof readAll>>,
  log: Parameters<typeof textsOf>[0],
): void {
  for (const output of ['stdout', 'stderr']) {
    const texts = records.filter(({ labels }) => labels.stream === output).map(({ text }) => text);
    assert.deepEqual(texts, textsOf(log, output));
  }
}

describe('ContainerLines', () => {
  it('gives every line once and in order while the agent lives, wherever connections break, whatever the clock does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(print, { maxLength: 40 }),
        fc.array(connection, { maxLength: 8 }),
        async (prints, connections) => {
          const log = logOf(prints);
          const records = await readAll(log, connections, {});
          assertInOrder(records, log);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives every line once, wherever the engine repeats what it has sent on a connection', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(print, { maxLength: 40 }),
        fc.array(connection, { maxLength: 8 }),
        async (prints, connections) => {
          const log = logOf(prints.map(each => ({ ...each, stepMs: 1 + Math.abs(each.stepMs) })));
          const records = await readAll(log, connections, { canRepeat: true });
          assertInOrder(records, log);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('misses no line when the agent is killed, and gives what it sends again the same time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(print, { maxLength: 30 }),
        fc.array(connection, { maxLength: 8 }),
        async (prints, connections) => {
          const log = logOf(prints);
          const records = await readAll(log, connections, { canDie: true });
          for (const output of ['stdout', 'stderr']) {
            const its = records.filter(({ labels }) => labels.stream === output);
            // As Loki does: what has time and text of another is the same line.
            const stored = new Set(its.map(({ text, time }) => `${time.sec}.${time.nanos} ${text}`));
            assert.equal(stored.size, textsOf(log, output).length);
            assert.deepEqual(new Set(its.map(({ text }) => text)), new Set(textsOf(log, output)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
