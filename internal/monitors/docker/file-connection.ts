import { type FSWatcher, watch } from 'node:fs';
import { errorText, LcError, systemCode } from '../../../pkg/errors/errors.ts';
import type { Slab } from '../../../pkg/slab/slab-pool.ts';
import type { Brought, Connection, ConnectionResult } from './connection.ts';
import type { ContainerLines } from './container-lines.ts';
import type { EngineContext } from './context.ts';
import { searchedFrom } from './cursor.ts';
import { JsonFiles } from './json-files.ts';
import type { StreamEnd } from './log-stream.ts';

/** Where so much was there at once, more may be. */
const MUCH_BYTES = 64 * 1024;
/** Reads in a row without anything new, each after a longer pause, after which an event is waited for. */
const QUIET_READS = 5;
/** Where the system gives no more watches, a quiet log is looked at so often. */
const UNWATCHED_PAUSE_MS = 1000;

/**
 * Reads the log of a container from the files in which the engine keeps it, as `LogConnection` does from the engine:
 * sends what is there, then waits for more.
 */
export class FileConnection implements Connection {
  readonly #context: EngineContext;
  readonly #lines: ContainerLines;
  readonly #path: string;
  readonly #files: JsonFiles;
  #watcher: FSWatcher | undefined;
  #quietReads = 0;
  #brought: Brought = 'nothing';
  #isClosed = false;
  #isLast = false;
  #wake: (() => void) | undefined;
  #isSending = false;

  constructor(context: EngineContext, path: string, lines: ContainerLines) {
    this.#context = context;
    this.#path = path;
    this.#lines = lines;
    lines.begin();
    this.#files = new JsonFiles(path, searchedFrom(lines.position), damage => lines.lose(damage));
  }

  get waitsFor(): string {
    return this.#isSending ? 'room in the queue' : `lines in ${this.#path}`;
  }

  async run(): Promise<ConnectionResult> {
    let end: StreamEnd;
    try {
      end = await this.#read();
    } catch (error) {
      if (!(error instanceof LcError) && systemCode(error) === '') throw error;
      end = { kind: 'cut', reason: errorText(error) };
    } finally {
      this.#watcher?.close();
      await this.#files.close();
    }
    await this.#flush();
    return { end, brought: this.#brought };
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  finish(): void {
    this.#isLast = true;
    this.#wake?.();
  }

  async #read(): Promise<StreamEnd> {
    const { fileReads } = this.#context;
    const leave = fileReads.enter();
    try {
      while (!this.#isClosed) {
        const isLast = this.#isLast;
        const bytes = await fileReads.read(slab => this.#readInto(slab));
        if (typeof bytes === 'string') return { kind: 'cut', reason: bytes };
        const hasMore = bytes > MUCH_BYTES;
        if (!hasMore || this.#lines.isFull) await this.#flush();
        this.#quietReads = bytes === 0 ? this.#quietReads + 1 : 0;
        if (bytes === 0 && isLast) return { kind: 'complete' };
        if (!hasMore && !isLast) await this.#pause(fileReads.pauseMs * 2 ** this.#quietReads);
      }
      return { kind: 'cut', reason: 'it is read no more' };
    } finally {
      leave();
    }
  }

  async #readInto({ bytes }: Slab): Promise<number | string> {
    const read = await this.#files.read(bytes);
    return this.#lines.push(bytes, 0, read) ?? read;
  }

  async #flush(): Promise<void> {
    this.#isSending = true;
    const records = await this.#lines.flush();
    this.#isSending = false;
    if (records === undefined) this.#isClosed = true;
    else if (records > 0) this.#brought = 'news';
  }

  /** Waits until more may be there. */
  async #pause(pauseMs: number): Promise<void> {
    if (this.#quietReads <= QUIET_READS) return this.#sleep(pauseMs);
    if (this.#watcher !== undefined) return this.#sleep();
    this.#watch();
    // What was written before the watch began is found by one more read.
    if (this.#watcher === undefined) await this.#sleep(UNWATCHED_PAUSE_MS);
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#happened());
      this.#watcher.on('error', () => this.#happened());
    } catch (error) {
      // The file is just being rotated, or the system gives no more watches: it is looked at now and then.
      if (systemCode(error) === '') throw error;
    }
  }

  #happened(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#quietReads = 0;
    this.#wake?.();
  }

  /** Until it is woken, something is due, or the time is over. */
  async #sleep(ms = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#isClosed || this.#isLast) return;
    const sleepMs = Math.min(ms, this.#lines.dueInMs ?? ms);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = Number.isFinite(sleepMs) ? this.#context.clock.after(sleepMs, resolve) : undefined;
    await promise;
    timer?.clear();
    this.#wake = undefined;
  }
}
