import type { Timer } from '../../../pkg/clock/clock.ts';
import { errorText } from '../../../pkg/errors/errors.ts';
import { connectTo } from './connect.ts';
import type { Brought, Connection } from './connection.ts';
import { type Container, shortName } from './container.ts';
import { ContainerLines } from './container-lines.ts';
import type { ContainerTrack, EngineContext } from './context.ts';
import { type FollowerState, type FollowerStatus, waitsFor } from './follower-status.ts';
import type { StreamEnd } from './log-stream.ts';
import { retryDelayMs } from './retry-delay.ts';

const PERSISTENT_FAILURES = 2;
/** What drivers without a way back say. */
const UNREADABLE = /does not support reading|logging driver|not supported/i;

/** Reads the log of one container, from the engine or its files, for as long as it is there, one connection at a time. */
export class Follower {
  readonly #context: EngineContext;
  readonly #track: ContainerTrack;
  readonly #lines: ContainerLines;
  #container: Container;
  #state: FollowerState = 'starting';
  #failure: string | undefined;
  #failures = 0;
  /** By the last connection. */
  #brought: Brought = 'nothing';
  #connection: Connection | undefined;
  #running: Promise<void> | undefined;
  readonly #atRest = Promise.withResolvers<void>();
  #isStopping = false;
  #wake: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(context: EngineContext, track: ContainerTrack, container: Container) {
    this.#context = context;
    this.#track = track;
    this.#container = container;
    this.#lines = new ContainerLines(context, track, container);
    const isRead = !container.isRunning && track.meta.finishedAt === container.finishedAt;
    if (isRead && track.pending.length === 0) this.#state = 'stopped';
  }

  get state(): FollowerState {
    return this.#state;
  }

  /** Whether every sink is done with all that was published. */
  get isSettled(): boolean {
    return JSON.stringify(this.#track.position) === JSON.stringify(this.#lines.position);
  }

  /** Begins to read; resolves when its first connection has ended. */
  start(): Promise<void> {
    this.#running ??= this.#run().finally(() => this.#atRest.resolve());
    return this.#atRest.promise;
  }

  /** Resolves when it reads no more: it was stopped, or its container is gone. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Its container has another name, or runs again: what is new of it, it says. */
  renew(container: Container): void {
    const isOther = JSON.stringify(container.labels) !== JSON.stringify(this.#container.labels);
    const isRenamed = container.name !== this.#container.name;
    this.#container = container;
    if (isRenamed) this.#track.meta = { ...this.#track.meta, name: container.name };
    if (isRenamed || isOther) this.#lines.renew(container);
    if (!container.isRunning) this.#connection?.finish();
    if (container.isRunning && (this.#state === 'stopped' || this.#state === 'unreadable')) this.retry();
  }

  /** Its container is gone: what its connection still has is all. */
  removed(): void {
    this.#connection?.finish();
  }

  /** The reason to wait is gone: tries again at once. */
  retry(): void {
    this.#wake?.();
  }

  /** The engine answers. */
  reachable(): void {
    if (this.#state === 'disconnected') this.retry();
  }

  /** The engine was away and is back: whatever failed meanwhile says nothing of this log. */
  reconnected(): void {
    this.#failures = 0;
    if (this.#state === 'retrying' || this.#state === 'disconnected') this.retry();
  }

  /** Nothing is published any more after it resolves. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#connection?.close();
    this.retry();
    await this.#running;
  }

  status(): FollowerStatus {
    return {
      state: this.#state,
      position: this.#lines.position,
      failure: this.#failure,
      isPersistent: this.#failures > PERSISTENT_FAILURES,
      waitsFor: waitsFor(this.#state, this.#connection?.waitsFor),
    };
  }

  async #run(): Promise<void> {
    if (this.#state === 'stopped') await this.#pause();
    while (!this.#isStopping && this.#state !== 'gone') {
      this.#state = 'reading';
      const { isRunning } = this.#container;
      const connection = await connectTo(this.#container, this.#lines, this.#failures, this.#context);
      if (typeof connection === 'string') {
        await this.#unreadable(connection);
        continue;
      }
      this.#connection = connection;
      if (!this.#container.isRunning) connection.finish();
      if (this.#isStopping) connection.close();
      const { end, brought } = await connection.run();
      this.#connection = undefined;
      if (this.#isStopping || this.#context.stopping.aborted) return;
      if (brought === 'news') this.#failures = 0;
      this.#brought = brought;
      await this.#after(end, isRunning);
    }
  }

  /** What follows from the end of a connection, made while the container ran or not; resolves when it is time for the next. */
  async #after(end: StreamEnd, wasRunning: boolean): Promise<void> {
    if (end.kind === 'unreachable') return this.#disconnected(end.reason);
    if (end.kind === 'complete') return this.#completed(wasRunning);
    if (end.kind === 'refused' && end.status === 404) return this.#gone();
    if (end.kind === 'refused' && (end.status === 501 || UNREADABLE.test(end.reason))) {
      return this.#unreadable(end.reason);
    }
    return this.#failed(
      end.kind === 'refused' ? `the engine refused: ${end.status} ${end.reason}` : end.reason,
    );
  }

  /** The engine ended the log: because the container did, or for reasons of its own. */
  async #completed(wasRunning: boolean): Promise<void> {
    let container: Container | undefined;
    try {
      container = await this.#context.client.inspect(this.#container.id);
    } catch (error) {
      return this.#disconnected(errorText(error));
    }
    if (container === undefined) return this.#gone();
    this.#container = container;
    if (container.isRunning) return this.#failed('the engine ended the log of a container that runs');
    // The engine ends what follows a container that dies before it has written its last words (a line without a newline).
    if (wasRunning) return;
    if ((await this.#lines.flush(true)) === undefined) return;
    // Started again meanwhile.
    if (this.#container.isRunning) return;
    this.#track.meta = { ...this.#track.meta, finishedAt: container.finishedAt };
    this.#state = 'stopped';
    this.#failure = undefined;
    this.#failures = 0;
    await this.#pause();
  }

  async #failed(reason: string): Promise<void> {
    this.#failures++;
    this.#failure = reason;
    this.#state = 'retrying';
    this.#context.counters.reconnects.inc();
    const delayMs = retryDelayMs(this.#failures, this.#brought, this.#context.random);
    if (this.#failures > 1) {
      this.#context.logger.warn('docker.retry', 'the log of a container breaks off again and again', {
        ...{ container: shortName(this.#container), reason, failures: this.#failures },
        delay_ms: Math.round(delayMs),
      });
    }
    await this.#pause(delayMs);
  }

  /** The next try is when the engine answers again, and says so. */
  async #disconnected(reason: string): Promise<void> {
    this.#state = 'disconnected';
    this.#failure = reason;
    this.#context.counters.reconnects.inc();
    await this.#pause();
  }

  async #unreadable(reason: string): Promise<void> {
    const { logger, counters } = this.#context;
    if (this.#state !== 'unreadable' && this.#failure !== reason) {
      counters.unreadable.inc();
      logger.warn(`docker.unreadable.${this.#container.id}`, 'the log of a container cannot be read back', {
        ...{ container: shortName(this.#container), driver: this.#container.logDriver, reason },
      });
    }
    this.#state = 'unreadable';
    this.#failure = reason;
    await this.#pause();
  }

  async #gone(): Promise<void> {
    await this.#lines.flush(true);
    this.#state = 'gone';
  }

  #pause(delayMs?: number): Promise<void> {
    this.#atRest.resolve();
    if (this.#isStopping) return Promise.resolve();
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined;
        this.#timer?.clear();
        resolve();
      };
      if (delayMs !== undefined) this.#timer = this.#context.clock.after(delayMs, () => this.#wake?.());
    });
  }
}
