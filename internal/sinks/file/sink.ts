import { type Clock, within } from '../../../pkg/clock/clock.ts';
import { errorText, invariant, systemCode } from '../../../pkg/errors/errors.ts';
import type { Fs } from '../../../pkg/fsx/fs.ts';
import type { Batch } from '../../../pkg/types/batch.ts';
import { DELIVERED, type Failure, type Outcome, type Refusal } from '../../../pkg/types/outcome.ts';
import type { Health, Sink } from '../../../pkg/types/ports.ts';
import type { Logger } from '../../selflog/logger.ts';
import { LineFeed, type NumberedPart, numberedParts } from '../line-feed.ts';
import { waitFor } from '../patience.ts';
import type { RecordFormat } from '../record-format.ts';
import { RecordJson } from '../record-json.ts';
import { ScratchPool } from '../scratch-pool.ts';
import { SinkHealth } from '../sink-health.ts';
import { Archive } from './archive.ts';
import { ArchivePath } from './archive-path.ts';
import { OpenArchives } from './open-archives.ts';
import { RecordText } from './record-text.ts';
import { Rotation } from './rotation.ts';
import type { FileSinkConfig } from './spec.ts';

export interface FileSinkOptions extends FileSinkConfig {
  readonly name: string;
}

/** What a file sink needs besides its options. */
export interface FileSinkDeps {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long one batch may take: a file system that answers no more holds up nobody for longer. */
const TIMEOUT_MS = 30_000;
/** How long `close` waits for a call to the file system that is under way. */
const CLOSE_MS = 1000;

/** The lines of a batch that go to one file, and why they did not all get there. */
interface Share {
  readonly path: string;
  readonly feed: LineFeed;
  failure?: Failure;
}

/**
 * Appends lines to files. What counts as delivered has been written: it survives the end of the agent, and with
 * `sync: write` also a loss of power.
 */
export class FileSink implements Sink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #format: RecordFormat;
  readonly #path: ArchivePath;
  readonly #rotation: Rotation;
  readonly #archives: OpenArchives;
  readonly #scratches = new ScratchPool();
  readonly #closing = new AbortController();
  readonly #health: SinkHealth;

  constructor(options: FileSinkOptions, { fs, clock, logger }: FileSinkDeps) {
    const { name, path, format, rotate, sync } = options;
    const log = logger.child({ sink: name });
    this.name = name;
    this.#clock = clock;
    this.#format = format === 'json' ? new RecordJson() : new RecordText();
    this.#path = new ArchivePath(path);
    this.#rotation = new Rotation(rotate, { fs, clock, logger: log });
    const archiveOptions = { maxBytes: rotate.maxBytes, isSynced: sync === 'write' };
    const archiveDeps = { fs, rotation: this.#rotation };
    this.#archives = new OpenArchives(at => new Archive(at, archiveOptions, archiveDeps), log);
    this.#health = new SinkHealth(clock);
  }

  /** Nothing to do: files and folders are made when the first line comes. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Sends under way resolve as aborted; files are synced and closed, unless the file system does not answer. */
  async close(): Promise<void> {
    this.#closing.abort();
    await within(this.#clock, Promise.all([this.#rotation.close(), this.#archives.close()]), CLOSE_MS);
  }

  health(): Health {
    return this.#health.current;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    if (batch.records === 0) return DELIVERED;
    const shares = this.#sharesOf(batch);
    const failure = await waitFor(stop => this.#write(shares, stop), {
      ...{ clock: this.#clock, timeoutMs: TIMEOUT_MS },
      signals: [signal, this.#closing.signal],
    });
    return this.#health.noted(outcomeOf(shares, batch.records, failure));
  }

  #sharesOf({ parts }: Batch): Share[] {
    const byPath = new Map<string, NumberedPart[]>();
    for (const numbered of numberedParts(parts)) {
      const path = this.#path.of(numbered.part.stream);
      const others = byPath.get(path);
      if (others === undefined) byPath.set(path, [numbered]);
      else others.push(numbered);
    }
    return Array.from(byPath, ([path, own]) => ({ path, feed: new LineFeed(own, this.#format) }));
  }

  /** One file after another; one that fails does not hold up the next. Reads nothing of the batch after `stop`. */
  async #write(shares: readonly Share[], stop: AbortSignal): Promise<void> {
    for (const share of shares) {
      const { path, feed } = share;
      try {
        await this.#archives.use(path, stop, async archive => {
          const scratch = this.#scratches.take(feed.scratchBytes);
          try {
            await archive.append(feed, scratch, stop);
          } finally {
            this.#scratches.give(scratch);
          }
        });
      } catch (error) {
        share.failure = failureOf(error, path);
      }
      if (stop.aborted) return;
    }
  }
}

const NAME_TOO_LONG = 'ENAMETOOLONG';

function failureOf(error: unknown, path: string): Failure {
  const kind = systemCode(error) === NAME_TOO_LONG ? 'rejected' : 'unavailable';
  return { kind, message: `${path}: ${errorText(error)}` };
}

/** What was written is delivered, whatever happened to the rest. */
function outcomeOf(shares: readonly Share[], records: number, failure: Failure | undefined): Outcome {
  const refusals: Refusal[] = [];
  const rest: number[] = [];
  let reason = failure;
  for (const share of shares) {
    const left = share.feed.rest();
    if (left.length === 0) continue;
    if (share.failure?.kind === 'rejected') refusals.push({ ...share.failure, records: left });
    else {
      reason ??= share.failure;
      rest.push(...left);
    }
  }
  if (rest.length === 0) return refusals.length === 0 ? DELIVERED : { kind: 'rejected', refusals };
  invariant(reason !== undefined, 'lines were left without a reason');
  const waiting = Uint32Array.from(rest).sort();
  if (refusals.length > 0) return { kind: 'rejected', refusals, rest: { failure: reason, records: waiting } };
  return { kind: 'retry', failure: reason, ...(waiting.length < records ? { rest: waiting } : {}) };
}
