import { viewOf } from '../../../pkg/json-bytes/unescape.ts';
import { Rfc3339Reader } from '../../../pkg/rfc3339/rfc3339.ts';
import type { EntryReader } from './entry-reader.ts';
import { Literal } from './literal.ts';

const [BLANK, COLON, LETTER_F, LETTER_P, LF] = [0x20, 0x3a, 0x46, 0x50, 0x0a];
const MIN_TIME_LENGTH = 20;
const MAX_TIME_LENGTH = 40;
const STDOUT = new Literal('stdout ');
const STDERR = new Literal('stderr ');
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Entries of the Kubernetes container runtime interface, as containerd and CRI-O write them (kubernetes,
 * `pkg/kubelet/kuberuntime/logs`): `TIME stdout|stderr TAGS TEXT`, where the first of the tags, which colons divide,
 * says whether the line ends with the text (F) or goes on in another entry (P).
 */
export class CriReader implements EntryReader {
  output = 0;
  sec = 0;
  nanos = 0;
  readonly isTimed = true;
  readonly #times = new Rfc3339Reader();
  #bytes = NOTHING;
  #view = viewOf(NOTHING);
  #from = 0;
  #to = 0;
  #isWhole = false;

  begin(): void {
    // Nothing is known of the bytes but the entry that was read last.
  }

  read(bytes: Buffer, from: number, to: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    const timeEnd = endOfTime(bytes, from, to);
    const tag = timeEnd + 1 + STDOUT.length;
    if (timeEnd === -1 || tag >= to || !this.#times.read(bytes, from, timeEnd)) return false;
    const isErr = STDERR.isAt(this.#view, timeEnd + 1);
    if (!isErr && !STDOUT.isAt(this.#view, timeEnd + 1)) return false;
    const tagsEnd = endOfTags(bytes, tag, to);
    this.#isWhole = bytes[tag] === LETTER_F;
    if (tagsEnd === -1 || (!this.#isWhole && bytes[tag] !== LETTER_P)) return false;
    this.output = isErr ? 1 : 0;
    this.sec = this.#times.sec;
    this.nanos = this.#times.nanos;
    this.#from = Math.min(tagsEnd + 1, to);
    this.#to = to;
    return true;
  }

  put(target: Buffer, at: number): number {
    this.#bytes.copy(target, at, this.#from, this.#to);
    const end = at + this.#to - this.#from;
    if (!this.#isWhole) return end;
    target[end] = LF;
    return end + 1;
  }
}

/** Where the blank behind the time is; -1 where there is none near. */
function endOfTime(bytes: Buffer, from: number, to: number): number {
  const last = Math.min(to, from + MAX_TIME_LENGTH);
  for (let at = from + MIN_TIME_LENGTH; at < last; at++) if (bytes[at] === BLANK) return at;
  return -1;
}

/** Where the tags that begin at `at`, before `to`, end: at a blank, or with the entry; -1 where the first one is longer than a letter. */
function endOfTags(bytes: Buffer, at: number, to: number): number {
  if (at + 1 === to || bytes[at + 1] === BLANK) return at + 1;
  if (bytes[at + 1] !== COLON) return -1;
  const end = bytes.indexOf(BLANK, at);
  return end === -1 || end > to ? to : end;
}
