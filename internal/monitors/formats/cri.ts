import { Rfc3339Reader } from '../../../pkg/rfc3339/rfc3339.ts';
import type { EntryReader } from './entry-reader.ts';

const [BLANK, COLON, LETTER_F, LETTER_P, LF] = [0x20, 0x3a, 0x46, 0x50, 0x0a];
const MIN_TIME_LENGTH = 20;
const MAX_TIME_LENGTH = 40;
const STDOUT = Buffer.from('stdout ');
const STDERR = Buffer.from('stderr ');
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
  #from = 0;
  #to = 0;
  #isWhole = false;

  begin(): void {
    // Nothing is known of the bytes but the entry that was read last.
  }

  read(bytes: Buffer, from: number, to: number): boolean {
    const timeEnd = blankFrom(bytes, from + MIN_TIME_LENGTH, Math.min(to, from + MAX_TIME_LENGTH));
    if (timeEnd === -1 || !this.#times.read(bytes, from, timeEnd)) return false;
    const isErr = has(bytes, timeEnd + 1, to, STDERR);
    if (!isErr && !has(bytes, timeEnd + 1, to, STDOUT)) return false;
    const tag = timeEnd + 1 + STDOUT.length;
    const tagsEnd = endOfTags(bytes, tag, to);
    this.#isWhole = bytes[tag] === LETTER_F;
    if (tagsEnd === -1 || (!this.#isWhole && bytes[tag] !== LETTER_P)) return false;
    this.output = isErr ? 1 : 0;
    this.sec = this.#times.sec;
    this.nanos = this.#times.nanos;
    this.#bytes = bytes;
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

function blankFrom(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === BLANK) return at;
  return -1;
}

/** Where the tags that begin at `at` end: at a blank, or with the entry; -1 where the first one is longer than a letter. */
function endOfTags(bytes: Buffer, at: number, to: number): number {
  if (at >= to) return -1;
  if (at + 1 === to || bytes[at + 1] === BLANK) return at + 1;
  if (bytes[at + 1] !== COLON) return -1;
  const end = bytes.indexOf(BLANK, at);
  return end === -1 || end > to ? to : end;
}

function has(bytes: Buffer, at: number, to: number, text: Buffer): boolean {
  if (at + text.length > to) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
