import { isAscii } from 'node:buffer';
import { TextDecoder } from 'node:util';
import type { Encoding } from './encoding.ts';
import { gather, type Records } from './records.ts';

/** Encodings in which a character may be longer than a byte. No byte in the middle of one is a newline. */
const MULTI_BYTE = new Set(['big5', 'euc-jp', 'euc-kr', 'gb18030', 'gbk', 'iso-2022-jp', 'shift_jis']);
const MAX_CHARACTER_BYTES = 4;
const NEWLINE = Buffer.from('\n');
const REPLACEMENT = '\ufffd';

/** An encoding older than Unicode, in which a newline is the byte 10 and nothing else is. */
export class LegacyEncoding implements Encoding {
  readonly newline = NEWLINE;
  readonly hasMark = false;
  readonly #decoder: TextDecoder;
  readonly #isMultiByte: boolean;
  /** ISO-2022-JP writes other characters with bytes of ASCII too. */
  readonly #extendsAscii: boolean;

  constructor(name: string) {
    this.#decoder = new TextDecoder(name);
    this.#isMultiByte = MULTI_BYTE.has(name);
    this.#extendsAscii = name !== 'iso-2022-jp';
  }

  /** The records as UTF-8, in a copy; `undefined` where they are already. A line begins in the initial state. */
  toUtf8(bytes: Buffer, spans: Uint32Array): Records | undefined {
    if (spans.length === 0 || this.#isUtf8(bytes.subarray(spans[0], spans.at(-1)))) return undefined;
    return gather(
      bytes,
      spans,
      this.#isMultiByte ? this.#decodeEach(bytes, spans) : this.#decodeAll(bytes, spans),
    );
  }

  #decodeEach(bytes: Buffer, spans: Uint32Array): (string | undefined)[] {
    const texts: (string | undefined)[] = new Array(spans.length / 2);
    for (let i = 0; i < spans.length; i += 2) {
      const record = bytes.subarray(spans[i], spans[i + 1]);
      if (!this.#isUtf8(record)) texts[i / 2] = this.#decodeLine(record);
    }
    return texts;
  }

  /** With a newline behind it: where the line ends in the middle of a character, that decides what is left of it. */
  #decodeLine(line: Buffer): string {
    const text = this.#decoder.decode(line, { stream: true }) + this.#decoder.decode(NEWLINE);
    return text.endsWith('\n') ? text.slice(0, -1) : text;
  }

  /** Every byte is one character: a single call decodes all records. */
  #decodeAll(bytes: Buffer, spans: Uint32Array): string[] {
    const first = spans[0]!;
    const all = this.#decoder.decode(bytes.subarray(first, spans.at(-1)));
    const texts: string[] = new Array(spans.length / 2);
    for (let i = 0; i < spans.length; i += 2) {
      texts[i / 2] = all.slice(spans[i]! - first, spans[i + 1]! - first);
    }
    return texts;
  }

  /** The last place at or before `cut` that does not lie inside a character; `cut` where there is none. */
  boundary(bytes: Buffer, start: number, cut: number): number {
    if (!this.#isMultiByte) return cut;
    for (let at = cut; at > start && at > cut - MAX_CHARACTER_BYTES; at--) {
      if (this.#endsWhole(bytes.subarray(start, at))) return at;
    }
    return cut;
  }

  /** Whether no character is left unfinished at the end: a decoder that is told so adds U+FFFD. */
  #endsWhole(text: Buffer): boolean {
    this.#decoder.decode(text, { stream: true });
    return !this.#decoder.decode().endsWith(REPLACEMENT);
  }

  #isUtf8(bytes: Buffer): boolean {
    return this.#extendsAscii && isAscii(bytes);
  }
}
