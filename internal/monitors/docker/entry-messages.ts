import type { Instant } from '../../../pkg/types/stream.ts';
import { DockerJsonReader } from '../formats/docker-json.ts';
import { OUTPUTS } from '../formats/entry-reader.ts';
import type { MessageReader, OutputLines } from './message-reader.ts';

const [LF, NUL] = [10, 0];
const NOTHING: Buffer = Buffer.alloc(0);
/** The longest entry: a piece of 16 KiB with its attributes, escaped. What is longer is no entry. */
const MAX_ENTRY_BYTES = 1024 * 1024;

/**
 * Reads the files that json-file writes as if they were the engine's answer: every entry is a message. What is cut
 * between two reads is kept in `#rest`. A line that is no entry is passed on as text of stdout.
 */
export class EntryMessages implements MessageReader {
  readonly #outputs: OutputLines;
  readonly #reader = new DockerJsonReader();
  /** The beginning of an entry whose end has not been read yet. */
  #rest = NOTHING;
  /** Of the entry before. */
  #sec = 0;
  #nanos = 0;
  /** Older entries are left out until the first that is not, as the engine does. */
  #since: Instant | undefined;
  #badTimes = 0;

  constructor(outputs: OutputLines, since: Instant | null) {
    this.#outputs = outputs;
    this.#since = since ?? undefined;
  }

  takeBadTimes(): number {
    const bad = this.#badTimes;
    this.#badTimes = 0;
    return bad;
  }

  push(bytes: Buffer, from: number, to: number): string | undefined {
    let at = from;
    if (this.#rest.length > 0) {
      const end = bytes.indexOf(LF, from);
      const isWhole = end !== -1 && end < to;
      this.#rest = Buffer.concat([this.#rest, bytes.subarray(from, isWhole ? end : to)]);
      if (!isWhole) return this.#tooLong();
      this.#reader.begin();
      this.#take(this.#rest, 0, this.#rest.length);
      this.#rest = NOTHING;
      at = end + 1;
    }
    this.#reader.begin();
    const text = to === bytes.length ? bytes : bytes.subarray(0, to);
    for (let end = text.indexOf(LF, at); end !== -1; end = text.indexOf(LF, at)) {
      this.#take(text, at, end);
      at = end + 1;
    }
    if (at < to) this.#rest = Buffer.from(text.subarray(at));
    return this.#tooLong();
  }

  #tooLong(): string | undefined {
    if (this.#rest.length <= MAX_ENTRY_BYTES) return undefined;
    return `a line of more than ${MAX_ENTRY_BYTES} bytes is no entry of a log`;
  }

  #take(bytes: Buffer, start: number, to: number): void {
    let from = start;
    // What a power cut leaves.
    while (from < to && bytes[from] === NUL) from++;
    if (from === to) return;
    const reader = this.#reader;
    const isEntry = reader.read(bytes, from, to);
    if (isEntry && reader.isTimed) {
      this.#sec = reader.sec;
      this.#nanos = reader.nanos;
    } else this.#badTimes++;
    if (this.#isOld()) return;
    const lines = this.#outputs[OUTPUTS[isEntry ? reader.output : 0]!];
    if (!isEntry) lines.close();
    lines.begin(this.#sec, this.#nanos);
    // Only then `bytes` is the memory that has the room.
    const at = lines.room(to - from + 1);
    const end = isEntry ? reader.put(lines.bytes, at) : -1;
    if (end !== -1) lines.fill(end);
    else {
      lines.append(bytes, from, to);
      lines.close();
    }
    lines.end();
  }

  #isOld(): boolean {
    const since = this.#since;
    if (since === undefined) return false;
    if (this.#sec < since.sec || (this.#sec === since.sec && this.#nanos < since.nanos)) return true;
    this.#since = undefined;
    return false;
  }
}
