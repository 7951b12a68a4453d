import type { SlabShelf } from '../../pkg/slab/slab-shelf.ts';
import type { Batch, Part } from '../../pkg/types/batch.ts';
import { spanBytes } from '../../pkg/types/chunk.ts';
import type { Delivery } from './delivery.ts';
import { type Lender, OwnedCopy } from './owned-copy.ts';

/** A part that knows its way back, and whose memory it is in. */
export interface LanePart extends Part {
  readonly delivery: Delivery;
  readonly lender: Lender;
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
  readonly copy?: OwnedCopy | undefined;
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
  #copy: OwnedCopy | undefined;

  constructor(sequence: number, parts: readonly LanePart[], piece: Piece = {}) {
    this.sequence = sequence;
    this.offset = piece.offset ?? 0;
    this.isPiece = piece.isPiece ?? false;
    this.isReplay = piece.isReplay ?? false;
    this.#parts = parts;
    this.#copy = piece.copy;
    this.records = parts.reduce((sum, part) => sum + part.to - part.from, 0);
    this.bytes = parts.reduce((sum, part) => sum + spanBytes(part.spans, part.from, part.to), 0);
  }

  get parts(): readonly LanePart[] {
    return this.#parts;
  }

  get isOwned(): boolean {
    return this.#copy !== undefined;
  }

  /** Makes the batch independent of its chunks: what is parked is owned (design: lent while moving, owned when parked). */
  own(copies: SlabShelf): void {
    if (this.#copy !== undefined) return;
    const lent = this.#parts;
    const copy = new OwnedCopy(lent, copies);
    this.#parts = lent.map(part => copy.add(part));
    this.#copy = copy;
    for (const part of lent) part.lender.release();
  }

  /** An attempt ended without the sink's word that it is done with the batch: what it owns is never used again. */
  spoil(): void {
    this.#copy?.spoil();
  }

  /** Gives its memory back. The batch is not used after this. */
  release(): void {
    for (const part of this.#parts) part.lender.release();
  }

  /** The records `[from, to)` of this batch as a batch of its own. Its memory is retained once more. */
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

  /** The records with these numbers (ascending) as a batch of its own. Its memory is retained once more. */
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
    const { sequence, isReplay } = this;
    const piece = new LaneBatch(sequence, parts, {
      offset: this.offset + from,
      isPiece: true,
      isReplay,
      copy: this.#copy,
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

function retained(part: LanePart): LanePart {
  part.lender.retain();
  return part;
}
