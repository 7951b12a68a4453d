import assert from 'node:assert/strict';
import { copyFileSync, truncateSync } from 'node:fs';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { StreamRegistry } from '../../../pkg/types/stream.ts';
import { CollectingPublisher, Cutoff } from '../../../test/helpers/collecting-publisher.ts';
import { fileSource } from '../../../test/helpers/file-source.ts';
import { MemoryPositions } from '../../../test/helpers/memory-positions.ts';
import { silentMetrics } from '../../metrics/metrics.ts';
import { silentLogger } from '../../selflog/logger.ts';
import { FileMonitor } from './file-monitor.ts';

/** What happens to one log file and the agent that reads it. */
type Action =
  | { readonly do: 'write'; readonly lines: number }
  | { readonly do: 'writePart' | 'rotate' | 'copyTruncate' | 'recreate' | 'kill' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'settle'; readonly chunks: number };

/** How long a line may take to arrive before it counts as lost, on the wall clock. */
const PATIENCE_MS = 30_000;

/** The world: the file, the agent, and what must arrive. Lines are numbers, so that none is like another. */
class World {
  readonly #folder: string;
  readonly #clock = new ManualClock();
  readonly #publisher = new CollectingPublisher(false);
  #way = new Cutoff(this.#publisher);
  #positions = new MemoryPositions();
  #monitor: FileMonitor;
  #written = 0;
  #hasPart = false;
  #rotations = 0;
  readonly #pattern: string;
  /** Nothing says what came first where a file is copied and truncated, and then renamed. */
  readonly #isOrdered: boolean;
  #hasCopies = false;

  constructor(folder: string, actions: readonly Action[]) {
    const has = (what: Action['do']): boolean => actions.some(each => each.do === what);
    const isCopied = has('copyTruncate');
    this.#folder = folder;
    this.#pattern = isCopied || actions.length % 2 === 0 ? 'app.log*' : 'app.log';
    // Of files that nobody saw, and which are all that there is, the order is a guess where they are born in one tick.
    const isRenamed = has('rotate') || has('recreate');
    this.#isOrdered = this.#pattern === 'app.log*' && !(isCopied && isRenamed);
    this.#monitor = this.#make();
  }

  async start(): Promise<void> {
    await writeFile(this.#path, '');
    await this.#monitor.start();
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'write':
        return this.#write(action.lines);
      case 'writePart':
        return this.#writePart();
      case 'rotate':
        await this.#write(1);
        await rename(this.#path, `${this.#path}.${this.#rotations++}`);
        return writeFile(this.#path, '');
      case 'copyTruncate':
        await this.#write(1);
        // Once something was read of it, the rest is known in the copy, and so are those that follow it.
        if (!this.#hasCopies) await this.#arrived();
        this.#hasCopies = true;
        await this.#write(1);
        // Nothing is written in between, so nothing may be lost.
        copyFileSync(this.#path, `${this.#path}.${this.#rotations++}`);
        return truncateSync(this.#path);
      case 'recreate':
        await this.#arrived();
        await rm(this.#path);
        return writeFile(this.#path, '');
      case 'wait':
        return this.#clock.advance(action.ms);
      case 'settle':
        return this.#publisher.settle(action.chunks);
      case 'kill':
        return this.#kill();
    }
  }

  /** Everything that was written arrived; what came twice was the same to the nanosecond; nothing overtook. */
  async check(): Promise<void> {
    await this.#arrived();
    const times = new Map<string, string>();
    const last = new Map<string, number>();
    for (const { text, time, labels } of this.#publisher.records) {
      const sent = `${labels.filename} ${time.sec}.${time.nanos}`;
      const before = times.get(text);
      assert.equal(before ?? sent, sent, `line ${text} was sent twice, and differently`);
      if (before !== undefined) continue;
      times.set(text, sent);
      const line = Number(text);
      assert.ok(!this.#isOrdered || line > (last.get(labels.filename!) ?? -1), `line ${text} came late`);
      last.set(labels.filename!, line);
    }
    assert.equal(times.size, this.#written);
  }

  async close(): Promise<void> {
    await this.#monitor.close();
  }

  get #path(): string {
    return join(this.#folder, 'app.log');
  }

  #make(): FileMonitor {
    this.#way = new Cutoff(this.#publisher);
    return new FileMonitor({
      sources: [fileSource({ paths: [join(this.#folder, this.#pattern)], watch: 'poll' })],
      positions: this.#positions,
      publisher: this.#way,
      streams: new StreamRegistry(),
      clock: this.#clock,
      logger: silentLogger,
      metrics: silentMetrics,
      ownPaths: [],
    });
  }

  async #write(lines: number): Promise<void> {
    let text = '';
    if (this.#hasPart) text += '\n';
    const from = this.#hasPart ? 1 : 0;
    if (this.#hasPart) this.#written++;
    this.#hasPart = false;
    for (let i = from; i < lines; i++) text += `${this.#written++}\n`;
    await appendFile(this.#path, text);
  }

  async #writePart(): Promise<void> {
    if (this.#hasPart) return;
    this.#hasPart = true;
    await appendFile(this.#path, `${this.#written}`);
  }

  async #kill(): Promise<void> {
    this.#way.cut();
    const remembered = this.#positions.restarted();
    await this.#monitor.close();
    this.#positions = remembered;
    this.#monitor = this.#make();
    await this.#monitor.start();
  }

  async #arrived(): Promise<void> {
    if (this.#hasPart) await this.#write(1);
    const arrived = (): number => new Set(this.#publisher.lines).size;
    const deadline = performance.now() + PATIENCE_MS;
    while (arrived() < this.#written) {
      assert.ok(performance.now() < deadline, `only ${arrived()} of ${this.#written} lines arrived`);
      await this.#clock.advance(250);
    }
  }
}

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), lines: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('writePart', 'rotate', 'copyTruncate', 'recreate', 'kill'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 600, 30_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('settle' as const), chunks: fc.integer({ min: 1, max: 5 }) }),
  },
);

describe('FileMonitor against a model (F18)', () => {
  it('sends every line, none changed, none late, whatever happens to the file and the agent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async actions => {
        const folder = await mkdtemp(join(tmpdir(), 'log-capturer-'));
        const world = new World(folder, actions);
        try {
          await world.start();
          for (const each of actions) await world.act(each);
          await world.check();
        } finally {
          await world.close();
          await rm(folder, { recursive: true });
        }
      }),
      { numRuns: Number(process.env.MODEL_RUNS ?? 60) },
    );
  });
});
