import type { Stream } from '../../../pkg/types/stream.ts';
import type { Records } from '../encodings/records.ts';
import { repairUtf8 } from '../encodings/utf8.ts';
import { OUTPUTS, type OutputName } from '../formats/entry-reader.ts';
import type { Multiline } from '../multiline/multiline.ts';
import { openReceipt, publish } from '../send.ts';
import { sharesOf } from '../shared-receipt.ts';
import type { Container } from './container.ts';
import { lineLabels } from './container.ts';
import type { ContainerTrack, EngineContext } from './context.ts';
import { type DockerPosition, pass, START } from './cursor.ts';
import { EntryMessages } from './entry-messages.ts';
import { FrameReader } from './frame-reader.ts';
import { LineBuffer, LineOrder } from './line-buffer.ts';
import type { MessageReader, OutputLines } from './message-reader.ts';
import { multilineOf } from './multiline-label.ts';
import { Replay } from './replay.ts';
import { TerminalReader } from './terminal-reader.ts';

/** Longer lines are cut. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Records in a chunk: its spans stay small, and it never is a big part of the queue. */
const CHUNK_LINES = 8192;
const CHUNK_BYTES = 512 * 1024;
/** How long the last record of a container waits for more lines. */
const OPEN_MS = 1000;

/** How the log of a container is read: from the engine, or from the files in which the engine keeps it. */
export type Way = 'api' | 'files';

/** Lines of one output that become records now. */
interface Group {
  readonly lines: number;
  /** Where the records are; without, each line is one. */
  readonly spans?: Uint32Array;
}

/** Records that are ready to be sent. */
interface Ready extends Records {
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
  /** Since when whole lines wait for others that may belong to them; monotonic. */
  #openSinceMs: number | undefined;

  constructor(context: EngineContext, track: ContainerTrack, container: Container) {
    this.#context = context;
    this.#track = track;
    this.#container = container;
    this.#position = track.readTo ?? START;
    const order = new LineOrder();
    this.#outputs = {
      stdout: new LineBuffer(MAX_LINE_BYTES, order),
      stderr: new LineBuffer(MAX_LINE_BYTES, order),
    };
    this.#multiline = multilineOf(container, context.logger);
    this.#replay = new Replay(this.#position);
    this.#reader = this.#newReader('api');
  }

  /** Behind what was published. */
  get position(): DockerPosition {
    return this.#position;
  }

  /** Where the engine is to begin, as its API wants it. */
  get since(): string {
    const { since } = this.#position;
    return since === null ? '0' : `${since.sec}.${String(since.nanos).padStart(9, '0')}`;
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

  /** How long lines may still wait for others that belong to them; `undefined` where none do. */
  get dueInMs(): number | undefined {
    if (this.#openSinceMs === undefined) return undefined;
    return Math.max(0, this.#openSinceMs + OPEN_MS - this.#context.clock.monotonicMs());
  }

  /** The container has another name or other labels now. */
  renew(container: Container): void {
    this.#container = container;
    this.#streams = {};
    this.#multiline = multilineOf(container, this.#context.logger);
  }

  /** A new connection: what comes may have come before. */
  begin(way: Way): void {
    for (const output of OUTPUTS) this.#outputs[output].clear();
    this.#openSinceMs = undefined;
    this.#replay = new Replay(this.#position);
    this.#reader = this.#newReader(way);
  }

  /** Takes a piece of the engine's answer; says why where it can be none. */
  push(bytes: Buffer, from: number, to: number): string | undefined {
    return this.#reader.push(bytes, from, to);
  }

  /**
   * Sends what waits; with `isFinal` also what is not whole, for nothing will follow. Resolves with the number of
   * records sent, or `undefined` when the agent stops.
   */
  async flush(isFinal = false): Promise<number | undefined> {
    this.#trim(isFinal);
    const groups = { stdout: this.#grouped('stdout', isFinal), stderr: this.#grouped('stderr', isFinal) };
    this.#awaitMore(groups);
    this.#countLosses();
    const counts = { stdout: groups.stdout.lines, stderr: groups.stderr.lines };
    if (counts.stdout + counts.stderr === 0) return 0;
    const { position, times } = pass(this.#position, this.#outputs, counts);
    const ready = OUTPUTS.filter(name => counts[name] > 0).map(name =>
      this.#take(name, groups[name], times[name]),
    );
    const records = ready.reduce((sum, each) => sum + each.spans.length / 2, 0);
    return (await this.#send(ready, position, records)) ? records : undefined;
  }

  #trim(isFinal: boolean): void {
    if (isFinal) for (const name of OUTPUTS) this.#outputs[name].close();
    const trimmed = this.#replay.trim(this.#outputs);
    if (trimmed > 0) this.#context.counters.trimmed.inc(trimmed);
  }

  /** How many of the lines that wait make whole records, and where these are; without spans each line is one. */
  #grouped(name: OutputName, isFinal: boolean): Group {
    const buffer = this.#outputs[name];
    const { count, first, bytes } = buffer;
    if (count === 0 || this.#replay.isProving(name)) return { lines: 0 };
    if (this.#multiline === undefined) return { lines: count };
    const lines = buffer.spans.subarray(first * 2, (first + count) * 2);
    const { spans, openLine } = this.#multiline.join(bytes, lines);
    const mustClose = isFinal || this.dueInMs === 0 || (openLine === 0 && this.isFull);
    if (mustClose || openLine === count) return { lines: count, spans };
    return { lines: openLine, spans: spans.subarray(0, -2) };
  }

  /** Lines that may belong to a record with what follows wait for it, for a time that begins with the last of them. */
  #awaitMore(groups: Readonly<Record<OutputName, Group>>): void {
    const nowMs = this.#context.clock.monotonicMs();
    const isOpen = OUTPUTS.some(name => {
      const { lines, spans } = groups[name];
      return spans !== undefined && lines < this.#outputs[name].count;
    });
    const isMoving = OUTPUTS.some(name => groups[name].lines > 0);
    if (!isOpen) this.#openSinceMs = undefined;
    else if (isMoving || this.#openSinceMs === undefined) this.#openSinceMs = nowMs;
  }

  #take(output: OutputName, { lines, spans }: Group, times: Uint32Array): Ready {
    const buffer = this.#outputs[output];
    const starts = buffer.spans.slice(buffer.first * 2, (buffer.first + lines) * 2);
    const taken = buffer.take(lines);
    if (spans === undefined) return { output, ...taken, times };
    const from = starts[0]!;
    return {
      output,
      bytes: taken.bytes,
      spans: spans.map(at => at - from),
      times: timesAt(spans, starts, times),
    };
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
    for (const [n, { output, bytes, spans, times }] of ready.entries()) {
      const memory = repairUtf8(bytes, spans) ?? { bytes, spans };
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
    if (bad > 0) counters.badTimes.inc(bad);
  }

  #newReader(way: Way): MessageReader {
    if (way === 'files') return new EntryMessages(this.#outputs, this.#position.since);
    if (this.#container.hasTerminal) return new TerminalReader(this.#outputs.stdout);
    return new FrameReader(this.#outputs);
  }
}

/** The times of the records that begin at `spans`, from those of the lines that begin at `starts`. */
function timesAt(spans: Uint32Array, starts: Uint32Array, times: Uint32Array): Uint32Array {
  const own = new Uint32Array(spans.length);
  for (let record = 0, line = 0; record < spans.length; record += 2, line += 2) {
    while (starts[line] !== spans[record]) line += 2;
    own[record] = times[line]!;
    own[record + 1] = times[line + 1]!;
  }
  return own;
}
