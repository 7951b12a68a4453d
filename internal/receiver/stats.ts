import type { ServerResponse } from 'node:http';
import { sendJson } from './http.ts';

/** What became of the entries of all pushes. */
export interface EntryCounts {
  /** Entries stored, and the bytes of their lines. */
  lines: number;
  bytes: number;
  duplicates: number;
  /** Entries that were not taken, for whatever reason. */
  refused: number;
}

/** What `GET /stats` says, and `Receiver.stats()`. */
export interface ReceiverStats {
  /** Push requests that were dealt with, whatever the answer. */
  readonly pushes: number;
  /** Bytes of their bodies as they were sent. */
  readonly bodyBytes: number;
  /** Entries stored (with `--discard`: counted), and the bytes of their lines. */
  readonly lines: number;
  readonly bytes: number;
  /** Entries equal to one that is kept. */
  readonly duplicates: number;
  /** Entries that were decoded and not taken. */
  readonly refused: number;
  /** Streams that have entries. */
  readonly streams: number;
  /** Entries that are kept, the memory they take, and those that were dropped to make room. */
  readonly held: number;
  readonly heldBytes: number;
  readonly evicted: number;
}

/** Answers `GET /stats`: at once, or (`?after=N`) as soon as more than N pushes have come, so that a test can wait. */
export class StatsApi {
  readonly #stats: () => ReceiverStats;
  readonly #waiting = new Set<ServerResponse>();

  constructor(stats: () => ReceiverStats) {
    this.#stats = stats;
  }

  handle(url: URL, response: ServerResponse): void {
    const after = Number(url.searchParams.get('after') ?? -1);
    const stats = this.#stats();
    if (!(stats.pushes <= after)) {
      sendJson(response, 200, stats);
      return;
    }
    this.#waiting.add(response);
    response.on('close', () => this.#waiting.delete(response));
  }

  /** To be called when a push was dealt with. */
  wake(): void {
    if (this.#waiting.size === 0) return;
    for (const response of this.#waiting) sendJson(response, 200, this.#stats());
    this.#waiting.clear();
  }
}
