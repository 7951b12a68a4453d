import type { Socket } from 'node:net';

/** Where the size and the kind of a request stand; kind 0 is Produce. */
const SIZE_BYTES = 4;
const KIND = 4;
const MARK_BYTES = 4;

/** A body that waits for its request. */
export interface PostedBody {
  /** What kafkajs gets for it. */
  readonly mark: Buffer;
  /** The request is over: the body is needed no more. */
  drop(): void;
}

/**
 * Writes the bodies of Produce requests to the socket as they are. kafkajs would copy each twice into fresh memory of
 * up to twice its size, cleared before: more work than all else that a batch costs when it is not compressed. It gets a
 * mark instead, and where that is written at the end of a request, the body is written in its place.
 */
export class BodyWriter {
  readonly #bodies = new Map<number, readonly Buffer[]>();
  #last = 0;

  /** From now on, marks that are written to `socket` become their bodies. */
  attach(socket: Socket): void {
    const write = socket.write.bind(socket);
    const replaced = (data: Buffer, encoding?: BufferEncoding): boolean => {
      const body = this.#bodyOf(data);
      if (body === undefined) return write(data, encoding);
      const head = data.subarray(0, data.length - MARK_BYTES);
      head.writeInt32BE(body.reduce((sum, piece) => sum + piece.length, head.length - SIZE_BYTES));
      socket.cork();
      write(head);
      for (const piece of body) write(piece);
      socket.uncork();
      return !socket.writableNeedDrain;
    };
    socket.write = replaced as Socket['write'];
  }

  /** Takes a body in pieces; they must not change before the request is over. */
  post(body: readonly Buffer[]): PostedBody {
    const id = this.#last;
    this.#last = (this.#last + 1) >>> 0;
    this.#bodies.set(id, body);
    const mark = Buffer.alloc(MARK_BYTES);
    mark.writeUInt32BE(id);
    return { mark, drop: () => this.#bodies.delete(id) };
  }

  #bodyOf(data: Buffer): readonly Buffer[] | undefined {
    if (this.#bodies.size === 0 || data.readInt16BE(KIND) !== 0) return undefined;
    return this.#bodies.get(data.readUInt32BE(data.length - MARK_BYTES));
  }
}
