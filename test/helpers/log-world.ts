import assert from 'node:assert/strict';
import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentMetrics } from '../../internal/metrics/metrics.ts';
import { FileMonitor } from '../../internal/monitors/file/file-monitor.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { StreamRegistry } from '../../pkg/types/stream.ts';
import { CollectingPublisher, Cutoff } from './collecting-publisher.ts';
import { fileSource } from './file-source.ts';
import { MemoryPositions } from './memory-positions.ts';
import { type Naming, RotatedFiles } from './rotated-files.ts';
import { SentLines } from './sent-lines.ts';

/** What is done in one way only. `fill`: the queue has no room until something is settled. */
export type Deed = 'writePart' | 'copyTruncate' | 'truncate' | 'delete' | 'fill' | 'stop' | 'kill' | 'start';

/** What happens to one log file, its rotated ones, and the agent that reads it. */
export type Action =
  | { readonly do: 'write'; readonly lines: number }
  | { readonly do: 'rotate'; readonly late: number; readonly isCreated: boolean }
  | { readonly do: 'compress' | 'wait'; readonly ms: number }
  | { readonly do: 'settle'; readonly chunks: number }
  | { readonly do: Deed };

/** What the world is like, and what happens in it. */
export interface History {
  readonly naming: Naming;
  readonly pattern: 'app.log' | 'app.log*';
  readonly compressed: 'skip' | 'read';
  /** Whether the agent's clock agrees with that of the file system, or is years behind it, or minutes ahead. */
  readonly clock: 'right' | 'behind' | 'ahead';
  readonly actions: readonly Action[];
}

/** An agent until it is stopped or killed, and what it sent. */
interface Life {
  readonly monitor: FileMonitor;
  readonly publisher: CollectingPublisher;
  readonly way: Cutoff;
}

/** How long a line may take to arrive before it counts as lost, on the wall clock. */
const PATIENCE_MS = 10_000;
const LONG_AGO_MS = 1_700_000_000_000;

/** The world: the file, the agent, and what must arrive. Lines are numbers, so that none is like another. */
export class LogWorld {
  readonly #folder: string;
  readonly #history: History;
  readonly #clock: ManualClock;
  readonly #rotated: RotatedFiles;
  #positions = new MemoryPositions();
  #life: Life | undefined;
  readonly #sent: SentLines;
  #written = 0;
  #hasPart = false;
  #hasCopies = false;

  /** `folder` is empty. */
  constructor(folder: string, history: History) {
    const has = (...what: Action['do'][]): boolean => history.actions.some(each => what.includes(each.do));
    this.#folder = folder;
    this.#history = history;
    this.#clock = new ManualClock(history.clock === 'behind' ? LONG_AGO_MS : Date.now());
    this.#rotated = new RotatedFiles(this.#path, history.naming);
    // Nothing says what came first where a file is truncated and then renamed, nor of files that nobody saw and that are
    // born in one tick, where no other generation is left as it was; and an archive only says when it was last written.
    const isGuess = has('rotate') && has('copyTruncate', 'truncate', 'delete', 'compress');
    this.#sent = new SentLines(history.pattern === 'app.log*' && !isGuess);
  }

  async begin(): Promise<void> {
    await appendFile(this.#path, '');
    await this.#start();
  }

  async act(action: Action): Promise<void> {
    if (this.#history.clock === 'right') this.#clock.jumpWall(Date.now() - this.#clock.now());
    switch (action.do) {
      case 'write':
        return this.#write(action.lines);
      case 'writePart':
        return this.#writePart();
      case 'rotate':
        return this.#rotate(action.late, action.isCreated);
      case 'copyTruncate':
        return this.#copyTruncate();
      case 'compress':
        if (this.#history.compressed === 'skip') await this.#allTaken();
        return this.#rotated.compressNewest(() => this.#clock.advance(action.ms));
      case 'truncate':
        await this.#write(1);
        await this.#allTaken();
        return this.#empty();
      case 'delete':
        await this.#write(1);
        await this.#allTaken();
        this.#hasCopies = false;
        return rm(this.#path);
      case 'wait':
        return this.#clock.advance(action.ms);
      case 'settle':
        this.#life?.publisher.open();
        return this.#life?.publisher.settle(action.chunks);
      case 'fill':
        return this.#life?.publisher.block();
      case 'start':
        return this.#start();
      case 'stop':
        return this.#stop();
      case 'kill':
        return this.#kill();
    }
  }

  /** Everything that was written arrived, and it is as it must be. */
  async check(): Promise<void> {
    await this.#allTaken();
    await this.#stop();
    assert.equal(this.#sent.size, this.#written);
  }

  async close(): Promise<void> {
    await this.#life?.monitor.close();
  }

  get #path(): string {
    return join(this.#folder, 'app.log');
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

  /** Its writer goes on for a while before it notices, and makes the next file if nobody else does. */
  async #rotate(late: number, isCreated: boolean): Promise<void> {
    await this.#write(1);
    const to = await this.#rotated.next();
    await rename(this.#path, to);
    for (let i = 0; i < late; i++) await appendFile(to, `${this.#written++}\n`);
    if (isCreated) await appendFile(this.#path, '');
  }

  /** Nothing is written in between, so nothing may be lost. */
  async #copyTruncate(): Promise<void> {
    await this.#write(1);
    // Once something was read of it, the rest is known in the copy, and so are those that follow it.
    if (!this.#hasCopies) await this.#arrived();
    this.#hasCopies = true;
    await this.#write(1);
    const to = await this.#rotated.next();
    copyFileSync(this.#path, to);
    return this.#empty();
  }

  /**
   * The file is truncated where it stands. An agent whose clock is ahead of the file system's would not notice when it
   * starts that the file became just as long as it had read, so then it becomes longer.
   */
  async #empty(): Promise<void> {
    const { size } = statSync(this.#path);
    truncateSync(this.#path);
    if (this.#history.clock !== 'behind') while (statSync(this.#path).size <= size) await this.#write(10);
  }

  async #start(): Promise<void> {
    if (this.#life !== undefined) return;
    const publisher = new CollectingPublisher(false);
    const way = new Cutoff(publisher);
    const { pattern, compressed } = this.#history;
    const monitor = new FileMonitor({
      sources: [fileSource({ paths: [join(this.#folder, pattern)], compressed, watch: 'poll' })],
      positions: this.#positions,
      publisher: way,
      streams: new StreamRegistry(),
      clock: this.#clock,
      logger: silentLogger,
      metrics: silentMetrics,
      ownPaths: [],
    });
    this.#life = { monitor, publisher, way };
    await monitor.start();
  }

  /** The agent goes on with what it sends until it is closed; then all of that is taken. */
  async #stop(): Promise<void> {
    if (this.#life === undefined) return;
    const { monitor, publisher } = this.#life;
    publisher.open();
    await monitor.close();
    publisher.settle();
    this.#bury(publisher, this.#positions.restarted());
  }

  async #kill(): Promise<void> {
    if (this.#life === undefined) return;
    const { monitor, publisher, way } = this.#life;
    way.cut();
    const remembered = this.#positions.restarted();
    await monitor.close();
    this.#bury(publisher, remembered);
  }

  #bury(publisher: CollectingPublisher, remembered: MemoryPositions): void {
    this.#positions = remembered;
    this.#life = undefined;
    this.#sent.add(publisher);
  }

  /** Every line that was written has arrived. */
  async #arrived(): Promise<void> {
    // Whoever polls does not see what comes and goes between two looks, until the next one comes.
    if (this.#hasPart || !existsSync(this.#path)) await this.#write(1);
    await this.#start();
    const { publisher } = this.#life!;
    publisher.open();
    const deadline = performance.now() + PATIENCE_MS;
    for (let lines = 0; lines < this.#written; lines = this.#sent.arrived(publisher)) {
      assert.ok(performance.now() < deadline, `only ${lines} of ${this.#written} lines arrived`);
      await this.#clock.advance(250);
    }
  }

  /** Nothing of what was written is needed any more. */
  async #allTaken(): Promise<void> {
    await this.#arrived();
    this.#life?.publisher.settle();
  }
}
