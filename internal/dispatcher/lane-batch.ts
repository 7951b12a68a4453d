import type { Batch, Part } from '../../pkg/types/batch.ts';
import { type Chunk, spanBytes } from '../../pkg/types/chunk.ts';
import { plusNanos } from '../../pkg/types/stream.ts';
import type { Delivery } from './delivery.ts';

/** A part that knows its way back, and the chunk it holds while its memory is lent. */
export interface LanePart extends Part {
  readonly delivery: Delivery;
  readonly lender: Chunk | undefined;
}

/** A batch's place in the order in which a lane's lines were read. */
export interface Place {
  readonly sequence: number;
  readonly offset: number;
}

interface Piece {
  readonly offset?: number;
  readonly isPiece?: boolean;
  readonly isReplay?: boolean;
  readonly isOwned?: boolean;
}

/** A batch on its way through a lane. Sinks see it as `Batch`. */
export class LaneBatch implements Batch {
  readonly sequence: number;
  /** Place of its first record within the batch that was sealed; orders the pieces of a split one. */
  readonly offset: number;
  readonly records: number;
  readonly bytes: number;
  /** Whether it is a part of the batch that was sealed. */
  readonly isPiece: boolean;
  /** Whether its lines are letters that are sent again. */
  readonly isReplay: boolean;
  attempt = 0;
  /** Attempts that count against `max_retries`. */
  strikes = 0;
  /** Whether it is counted in its lane's parking, which keeps this. */
  isParked = false;
  /** When it was tried first, in milliseconds since 1970. */
  firstAtMs: number | undefined;
  #parts: readonly LanePart[];
  #isOwned: boolean;

  constructor(sequence: number, parts: readonly LanePart[], piece: Piece = {}) {
    this.sequence = sequence;
    this.offset = piece.offset ?? 0;
    this.isPiece = piece.isPiece ?? false;
    this.isReplay = piece.isReplay ?? false;
    this.#parts = parts;
    this.#isOwned = piece.isOwned ?? false;
    this.records = parts.reduce((sum, part) => sum + part.to - part.from, 0);
    this.bytes = parts.reduce((sum, part) => sum + spanBytes(part.spans, part.from, part.to), 0);
  }

  get parts(): readonly LanePart[] {
    return this.#parts;
  }

  get isOwned(): boolean {
    return this.#isOwned;
  }

  /** Makes the batch independent of its chunks: what is parked is owned (design: lent while moving, owned when parked). */
  own(): void {
    if (this.#isOwned) return;
    const lent = this.#parts;
    this.#parts = lent.map(ownedPart);
    this.#isOwned = true;
    for (const part of lent) part.lender?.release();
  }

  /** Gives lent chunks back. The batch is not used after this. */
  release(): void {
    for (const part of this.#parts) part.lender?.release();
  }

  /** The records `[from, to)` of this batch as a batch of its own. Lent chunks are retained once more. */
  slice(from: number, to: number): LaneBatch {
    const parts: LanePart[] = [];
    let first = 0;
    for (const part of this.#parts) {
      const start = Math.max(part.from, part.from + from - first);
      const end = Math.min(part.to, part.from + to - first);
      if (start < end) parts.push(retained({ ...part, from: start, to: end }));
      first += part.to - part.from;
    }
    return this.#piece(parts, from);
  }

  /** The records with these numbers (ascending) as a batch of its own. Lent chunks are retained once more. */
  select(records: Uint32Array): LaneBatch {
    const parts: LanePart[] = [];
    let next = 0;
    let first = 0;
    for (const part of this.#parts) {
      const last = first + part.to - part.from;
      while (next < records.length && records[next]! < last) {
        const from = records[next]!;
        let to = from + 1;
        for (next++; next < records.length && records[next] === to && to < last; next++) to++;
        parts.push(retained({ ...part, from: part.from + from - first, to: part.from + to - first }));
      }
      first = last;
    }
    return this.#piece(parts, records[0] ?? 0);
  }

  /** This batch as pieces, one for each key that its parts have; parked as it is. It is not used after this. */
  partition<K>(keyOf: (part: LanePart) => K): Map<K, LaneBatch> {
    const groups = Map.groupBy(this.#parts, keyOf);
    if (groups.size === 1) return new Map([[keyOf(this.#parts[0]!), this]]);
    const pieces = new Map([...groups].map(([key, parts]) => [key, this.#piece(parts, 0)]));
    for (const piece of pieces.values()) piece.isParked = this.isParked;
    return pieces;
  }

  #piece(parts: readonly LanePart[], from: number): LaneBatch {
    const { sequence, isReplay, isOwned } = this;
    const piece = new LaneBatch(sequence, parts, {
      offset: this.offset + from,
      isPiece: true,
      isReplay,
      isOwned,
    });
    piece.attempt = this.attempt;
    piece.strikes = this.strikes;
    piece.firstAtMs = this.firstAtMs;
    return piece;
  }
}

/** Whether `a` was read before `b`: the order of retries. */
export function isEarlier(a: Place, b: Place): boolean {
  return a.sequence === b.sequence ? a.offset < b.offset : a.sequence < b.sequence;
}

/** A copy of a part that shares neither bytes nor labels with anybody. */
function ownedPart(part: LanePart): LanePart {
  const start = part.spans[part.from * 2]!;
  const end = part.spans[part.to * 2 - 1]!;
  const bytes = Buffer.allocUnsafeSlow(end - start);
  part.bytes.copy(bytes, 0, start, end);
  const spans = part.spans.slice(part.from * 2, part.to * 2);
  if (start > 0) for (let i = 0; i < spans.length; i++) spans[i] = spans[i]! - start;
  return {
    ...part,
    labels: part.labels.clone(),
    bytes,
    spans,
    from: 0,
    to: part.to - part.from,
    base: plusNanos(part.base, part.from),
    times: part.times?.slice(part.from * 2, part.to * 2),
    lender: undefined,
  };
}

function retained(part: LanePart): LanePart {
  part.lender?.retain();
  return part;
}
