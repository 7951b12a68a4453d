import type { Stream } from '../../../pkg/types/stream.ts';
import { repairUtf8 } from '../encodings/utf8.ts';
import { OUTPUTS, type OutputName } from '../formats/entry-reader.ts';
import type { Multiline } from '../multiline/multiline.ts';
import { openReceipt, publish } from '../send.ts';
import { sharesOf } from '../shared-receipt.ts';
import { type Container, lineLabels, shortName } from './container.ts';
import type { ContainerTrack, EngineContext } from './context.ts';
import { type Counts, type DockerPosition, pass, START } from './cursor.ts';
import { engineReader, outputLines } from './engine-lines.ts';
import { EntryMessages } from './entry-messages.ts';
import { type Group, groupOf, takeGroup } from './groups.ts';
import type { Damage } from './log-file.ts';
import type { MessageReader, OutputLines } from './message-reader.ts';
import { multilineOf } from './multiline-label.ts';
import { type CountAt, Repeats } from './repeats.ts';
import { Replay } from './replay.ts';
import type { TakenLines } from './text-memory.ts';

/** Longer lines are cut. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Records in a chunk: its spans stay small, and it never is a big part of the queue. */
const CHUNK_LINES = 8192;
const CHUNK_BYTES = 512 * 1024;
/** How long lines wait for what follows, where that may tell what they are. */
const WAIT_MS = 1000;

/** Records that are ready to be sent. */
interface Ready extends TakenLines {
  readonly output: OutputName;
  readonly times: Uint32Array;
}

/** From the messages of a container to chunks: what is known is left out, the rest is sent and its cursor moved. */
export class ContainerLines {
  readonly #context: EngineContext;
  readonly #track: ContainerTrack;
  readonly #outputs: OutputLines;
  #container: Container;
  #multiline: Multiline | undefined;
  #streams: Partial<Record<OutputName, Stream>> = {};
  #position: DockerPosition;
  #replay: Replay;
  #reader: MessageReader;
  /** Files of the log that are damaged, as it is known. */
  readonly #damaged = new Set<number>();
  /** What the engine may give again on the connection; nothing is read from a file twice. */
  #repeats: Repeats | undefined;
  /** Since when whole lines of an output wait for what follows to tell what they are; monotonic. */
  #waitSinceMs: { [output in OutputName]?: number } = {};

  constructor(context: EngineContext, track: ContainerTrack, container: Container) {
    this.#context = context;
    this.#track = track;
    this.#container = container;
    this.#position = track.readTo ?? START;
    this.#outputs = outputLines(MAX_LINE_BYTES);
    this.#multiline = multilineOf(container, context.logger);
    this.#replay = new Replay(this.#position);
    this.#reader = engineReader(container, this.#outputs);
  }

  /** Behind what was published. */
  get position(): DockerPosition {
    return this.#position;
  }

  /** What waits, of each output. */
  get outputs(): OutputLines {
    return this.#outputs;
  }

  /** Whether so much waits that it should be sent before more is read. */
  get isFull(): boolean {
    const { stdout, stderr } = this.#outputs;
    return stdout.heldBytes + stderr.heldBytes >= CHUNK_BYTES || stdout.count + stderr.count >= CHUNK_LINES;
  }

  /** Whole lines that wait. */
  get waiting(): number {
    return this.#outputs.stdout.count + this.#outputs.stderr.count;
  }

  /** How long lines may still wait for what follows to tell what they are; `undefined` where none do. */
  get dueInMs(): number | undefined {
    const since = Math.min(...Object.values(this.#waitSinceMs));
    return Number.isFinite(since) ? this.#leftMs(since) : undefined;
  }

  /** The container has another name or other labels now. */
  renew(container: Container): void {
    this.#container = container;
    this.#streams = {};
    this.#multiline = multilineOf(container, this.#context.logger);
  }

  /** A new connection, on which may come what came before: to an engine that counts with `countAt`, or to its files. */
  begin(countAt?: CountAt): void {
    for (const output of OUTPUTS) this.#outputs[output].clear();
    this.#waitSinceMs = {};
    this.#replay = new Replay(this.#position);
    this.#repeats = countAt && new Repeats(countAt, this.#replay.lastChecks);
    this.#reader =
      countAt === undefined
        ? new EntryMessages(this.#outputs, this.#position.since)
        : engineReader(this.#container, this.#outputs);
  }

  /** Takes a piece of the engine's answer; says why where it can be none. */
  push(bytes: Buffer, from: number, to: number): string | undefined {
    return this.#reader.push(bytes, from, to);
  }

  /** A file of the log is damaged: what is left out of it is counted and told once, however often it is read. */
  lose({ ino, path, bytes, reason }: Damage): void {
    if (this.#damaged.has(ino)) return;
    this.#damaged.add(ino);
    const { counters, logger } = this.#context;
    counters.damaged.inc();
    counters.bytesDamaged.inc(bytes);
    logger.warn(
      `docker.damaged.${this.#container.id}`,
      'a file of a log of a container is damaged: its rest is lost',
      {
        ...{ container: shortName(this.#container), path, reason, compressed_bytes: bytes },
      },
    );
  }

  /**
   * Sends what waits; with `isFinal` also what is not whole, for nothing will follow. Resolves with the number of
   * records sent, or `undefined` when the agent stops.
   */
  async flush(isFinal = false): Promise<number | undefined> {
    if (isFinal) for (const name of OUTPUTS) this.#outputs[name].close();
    this.#countLosses();
    let sent = 0;
    for (;;) {
      const records = await this.#sendFirst(isFinal);
      if (records === undefined) return undefined;
      sent += records;
      // What comes behind lines that were sent may be more of them.
      if (records === 0 || this.waiting === 0) return sent;
    }
  }

  /** Sends the first lines of each output, as many as are sure to be new and whole records. */
  async #sendFirst(isFinal: boolean): Promise<number | undefined> {
    const fresh = await this.#trim(isFinal);
    const groups = {
      stdout: this.#group('stdout', fresh.stdout, isFinal),
      stderr: this.#group('stderr', fresh.stderr, isFinal),
    };
    const counts = { stdout: groups.stdout.lines, stderr: groups.stderr.lines };
    for (const name of OUTPUTS) this.#await(name, counts[name]);
    if (counts.stdout + counts.stderr === 0) return 0;
    const { position, times } = pass(this.#position, this.#outputs, counts);
    const ready = OUTPUTS.filter(name => counts[name] > 0).map(name => {
      this.#repeats?.passed(name, this.#outputs[name], counts[name]);
      return { output: name, ...takeGroup(this.#outputs[name], groups[name], times[name]) };
    });
    const records = ready.reduce((sum, each) => sum + each.spans.length / 2, 0);
    return (await this.#send(ready, position, records)) ? records : undefined;
  }

  /** Drops what is known; resolves with how many of the other lines are new, as far as that is sure. */
  async #trim(isFinal: boolean): Promise<Counts> {
    const before = this.waiting;
    this.#replay.trim(this.#outputs);
    const fresh = { stdout: 0, stderr: 0 };
    for (const name of OUTPUTS) {
      const lines = this.#outputs[name];
      if (this.#replay.isProving(name)) continue;
      const isDue = isFinal || this.#isDue(name);
      fresh[name] = (await this.#repeats?.trim(name, lines, this.#position[name], isDue)) ?? lines.count;
    }
    this.#context.counters.trimmed.inc(before - this.waiting);
    return fresh;
  }

  #group(name: OutputName, fresh: number, isFinal: boolean): Group {
    const mustClose = (openLine: number): boolean =>
      isFinal || this.#isDue(name) || (openLine === 0 && this.isFull);
    return groupOf(this.#outputs[name], fresh, this.#multiline, mustClose);
  }

  /** Lines that are not sent with these wait for what follows, for a time that begins when the last of them were sent. */
  #await(name: OutputName, sent: number): void {
    const isWaiting = sent < this.#outputs[name].count && !this.#replay.isProving(name);
    if (!isWaiting) delete this.#waitSinceMs[name];
    else if (sent > 0) this.#waitSinceMs[name] = this.#context.clock.monotonicMs();
    else this.#waitSinceMs[name] ??= this.#context.clock.monotonicMs();
  }

  #isDue(name: OutputName): boolean {
    const since = this.#waitSinceMs[name];
    return since !== undefined && this.#leftMs(since) === 0;
  }

  #leftMs(since: number): number {
    return Math.max(0, since + WAIT_MS - this.#context.clock.monotonicMs());
  }

  /** One passage, however many outputs: they are settled together. */
  async #send(ready: readonly Ready[], end: DockerPosition, records: number): Promise<boolean> {
    const context = this.#context;
    const base = { sec: ready[0]!.times[0]!, nanos: ready[0]!.times[1]! };
    const receipt = await openReceipt(this.#track, { end, records, base }, context);
    if (receipt === undefined) return false;
    this.#position = end;
    const origin = { monitor: 'docker', source: context.config.name } as const;
    const readAtMs = context.clock.now();
    const shares = sharesOf(receipt, ready.length);
    for (const [n, { output, times, ...taken }] of ready.entries()) {
      const repaired = repairUtf8(taken.bytes, taken.spans);
      if (repaired !== undefined) taken.onFree?.();
      const memory = repaired ?? taken;
      const rest = { origin, stream: this.#streamOf(output), times, base, readAtMs, position: end };
      if (!(await publish({ ...memory, ...rest, receipt: shares[n]! }, context))) return false;
    }
    return true;
  }

  #streamOf(output: OutputName): Stream {
    const labels = (): Stream =>
      this.#context.streams.get(lineLabels(this.#container, this.#context.config.labels, output));
    this.#streams[output] ??= labels();
    return this.#streams[output];
  }

  #countLosses(): void {
    const { counters } = this.#context;
    for (const output of OUTPUTS) {
      const { cuts, lostBytes } = this.#outputs[output].takeLosses();
      if (cuts > 0) counters.linesCut.inc(cuts);
      if (lostBytes > 0) counters.bytesCut.inc(lostBytes);
    }
    const bad = this.#reader.takeBadTimes();
    if (bad === 0) return;
    counters.badTimes.inc(bad);
    // They have that of the line before.
    this.#repeats?.expectTwins();
  }
}
