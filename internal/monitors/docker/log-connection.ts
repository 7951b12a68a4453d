import type { Timer } from '../../../pkg/clock/clock.ts';
import type { Brought, Connection, ConnectionResult } from './connection.ts';
import type { Container } from './container.ts';
import type { ContainerLines } from './container-lines.ts';
import type { EngineContext } from './context.ts';
import { LONG_AGO } from './cursor.ts';
import { askForLines, countAtOf, hasLinesAfter, sinceText } from './engine-lines.ts';
import type { LogStream } from './log-stream.ts';
import { Seams } from './seams.ts';
import { Silence } from './silence.ts';

/**
 * Lines gather before they are read: the engine writes each by itself, and to read them one by one costs a system call
 * for each. How long depends on how many come: a socket holds some hundreds.
 */
const SHORTEST_GATHER_MS = 1;
const FIRST_GATHER_MS = 20;
const LONGEST_GATHER_MS = 200;
const MANY_LINES = 96;
const FEW_LINES = 16;
/** What was read waits so long for more before it is sent. */
const SEND_MS = 200;

/** A connection on which nothing came for so long had reached what is new. */
const QUIET_MS = 100;
const TORN = 'the engine left out lines when it rotated the log';

/** Reads one connection to its end: lets lines gather, sends them, and reads nothing while there is no room for them. */
export class LogConnection implements Connection {
  readonly #context: EngineContext;
  readonly #lines: ContainerLines;
  readonly #stream: LogStream;
  #gatherMs = FIRST_GATHER_MS;
  #timer: Timer | undefined;
  #state: 'idle' | 'gathering' | 'sending' | 'over' = 'idle';
  #heldSinceMs: number | undefined;
  #sending: Promise<void> = Promise.resolve();
  #brought: Brought = 'nothing';
  readonly #silence: Silence;
  /** Where its engine may leave out a file. */
  readonly #seams: Seams | undefined;
  #isTorn = false;

  constructor(context: EngineContext, container: Container, lines: ContainerLines) {
    this.#context = context;
    this.#lines = lines;
    this.#silence = new Silence(
      context.clock,
      () => hasLinesAfter(context, container, lines.position.highest ?? LONG_AGO),
      () => this.#stream.fail('the engine had more lines and did not send them'),
    );
    const { logFileBytes } = container;
    if (context.client.mayLeaveOutFiles && logFileBytes !== undefined) {
      const { highest } = lines.position;
      this.#seams = new Seams(context.clock, askForLines(context, container), highest, logFileBytes);
    }
    lines.begin(countAtOf(context, container));
    const since = sinceText(context, container, lines.position.since);
    this.#stream = context.client.logs(container.id, `follow=1&since=${since}`, (bytes, from, to) => {
      const problem = lines.push(bytes, from, to);
      if (problem === undefined) this.#arrived();
      else {
        context.counters.badFrames.inc();
        this.#stream.fail(problem);
      }
    });
    this.#silence.begin();
  }

  get waitsFor(): string {
    return this.#state === 'sending' ? 'room in the queue' : 'lines of the engine';
  }

  async run(): Promise<ConnectionResult> {
    const end = await this.#stream.ended;
    if (this.#stream.isAnswered && this.#silence.ms >= QUIET_MS) this.#brought = 'news';
    this.#timer?.clear();
    await this.#sending;
    this.#state = 'over';
    this.#silence.close();
    this.#timer?.clear();
    await this.#flush();
    return { end: this.#isTorn ? { kind: 'cut', reason: TORN } : end, brought: this.#brought };
  }

  close(): void {
    this.#stream.close();
  }

  finish(): void {
    // The engine knows, and ends the log by itself.
  }

  #arrived(): void {
    if (this.#brought === 'nothing') this.#brought = 'repeats';
    if (this.#state !== 'idle') return;
    this.#silence.end();
    this.#heldSinceMs ??= this.#context.clock.monotonicMs();
    this.#state = 'gathering';
    this.#stream.pause();
    this.#timer?.clear();
    this.#timer = this.#context.clock.after(this.#gatherMs, () => this.#read(this.#lines.waiting));
  }

  /** Reads what has gathered: all that is there comes before an immediate is due. */
  #read(before: number): void {
    if (this.#state !== 'gathering') return;
    this.#stream.resume();
    setImmediate(() => this.#gathered(this.#lines.waiting - before));
  }

  #gathered(lines: number): void {
    if (this.#state !== 'gathering') return;
    if (lines >= MANY_LINES) this.#gatherMs = Math.max(SHORTEST_GATHER_MS, this.#gatherMs / 4);
    else if (lines < FEW_LINES) this.#gatherMs = Math.min(LONGEST_GATHER_MS, this.#gatherMs * 2);
    const heldMs = this.#context.clock.monotonicMs() - (this.#heldSinceMs ?? 0);
    if (this.#lines.isFull || heldMs >= SEND_MS || lines === 0) this.#send();
    else {
      this.#state = 'idle';
      this.#arrived();
    }
  }

  #send(): void {
    this.#state = 'sending';
    this.#stream.pause();
    this.#heldSinceMs = undefined;
    this.#sending = this.#flush().then(() => {
      if (this.#state !== 'sending') return;
      this.#state = 'idle';
      this.#silence.begin();
      this.#stream.resume();
      this.#awaitDue();
    });
  }

  /** Lines that belong together are sent when nothing more has come for a while. */
  #awaitDue(): void {
    const dueInMs = this.#lines.dueInMs;
    if (dueInMs === undefined) return;
    this.#timer = this.#context.clock.after(dueInMs, () => {
      if (this.#state === 'idle') this.#send();
    });
  }

  async #flush(): Promise<void> {
    this.#isTorn ||= (await this.#seams?.areTorn(this.#lines.outputs)) ?? false;
    if (this.#isTorn) return this.#stream.fail(TORN);
    const records = await this.#lines.flush();
    if (records === undefined) this.#stream.close();
    else if (records > 0) this.#brought = 'news';
  }
}
