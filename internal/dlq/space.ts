import type { Clock } from '../../pkg/clock/clock.ts';
import type { Health } from '../../pkg/types/ports.ts';

/** The disk space of all letters of all sinks, against its bound. Whoever found it full waits here for room. */
export class Space {
  readonly #maxBytes: number;
  readonly #clock: Clock;
  #used = 0;
  #room: PromiseWithResolvers<void> | undefined;

  /** When somebody first found no room, or last found it again. */
  #sinceMs: number;

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
    this.#sinceMs = clock.now();
  }

  health(): Health {
    if (this.#room === undefined) return { status: 'ok', sinceMs: this.#sinceMs };
    const reason = 'the dead letters have reached dlq.max_bytes: whoever has more of them waits';
    return { status: 'degraded', reason, sinceMs: this.#sinceMs };
  }

  /** Takes space, if it is there. Where nothing else is stored, a batch above the bound is taken: else it never could be. */
  reserve(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.#maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  /** Space beyond the bound: what files take already, or take until others go. */
  occupy(bytes: number): void {
    this.#used += bytes;
  }

  free(bytes: number): void {
    if (bytes === 0) return;
    this.#used -= bytes;
    if (this.#room === undefined) return;
    this.#room.resolve();
    this.#room = undefined;
    this.#sinceMs = this.#clock.now();
  }

  /** Somebody was told that it is full: until `free`, `room` makes him wait. */
  refuse(): void {
    if (this.#room !== undefined) return;
    this.#room = Promise.withResolvers();
    this.#sinceMs = this.#clock.now();
  }

  room(): Promise<void> {
    return this.#room?.promise ?? Promise.resolve();
  }

  /** Wakes whoever waits. */
  close(): void {
    this.#room?.resolve();
  }
}
