import type { Part } from '../../pkg/types/batch.ts';
import type { Stream } from '../../pkg/types/stream.ts';
import { JsonValueWriter, jsonTail, maxJsonBytes } from './json-value.ts';
import type { RecordFormat } from './record-format.ts';

/** A record as JSON, with the labels of its stream. */
export class RecordJson implements RecordFormat {
  readonly #writer = new JsonValueWriter();
  readonly #tails = new WeakMap<Stream, Buffer>();

  maxBytes({ spans, stream }: Part, r: number): number {
    return maxJsonBytes(spans[2 * r + 1]! - spans[2 * r]!) + this.#tailOf(stream).length;
  }

  put(target: Buffer, at: number, part: Part, r: number): number {
    return this.#writer.put(target, at, part, r, this.#tailOf(part.stream));
  }

  #tailOf(stream: Stream): Buffer {
    let tail = this.#tails.get(stream);
    if (tail === undefined) {
      tail = jsonTail(stream);
      this.#tails.set(stream, tail);
    }
    return tail;
  }
}
