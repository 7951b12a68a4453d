import type { Passage } from '../../../pkg/types/ports.ts';
import { type Instant, plusNanos, type Stream } from '../../../pkg/types/stream.ts';
import type { ReadPlace } from '../finder.ts';
import type { OutputName } from '../formats/entry-reader.ts';
import { openReceipt, publish } from '../send.ts';
import { sharesOf } from '../shared-receipt.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import { type FilePosition, type FileTrack, outputsAt, reach, START } from './identity.ts';
import type { SourceContext } from './source.ts';

/** So many ends of reads are remembered: a copy that was made a moment ago ends behind one of them. */
const RECENT_ENDS = 32;

/**
 * How far one file has been sent. Chunks that were under way when the agent died come first, with the bounds and
 * times they had.
 */
export class Progress {
  /** What a chunk that is being sent waits for. */
  waitsFor: string | undefined;
  readonly #context: SourceContext;
  readonly #track: FileTrack;
  readonly #pending: Passage<FilePosition>[];
  #position: FilePosition;
  #recent: FilePosition[] = [];
  readonly #streams = new Map<OutputName | undefined, Stream>();

  constructor(context: SourceContext, track: FileTrack) {
    this.#context = context;
    this.#track = track;
    this.#position = track.readTo ?? START;
    this.#pending = track.pending.filter(({ end }) => reach(end) > reach(this.#position));
  }

  /** The position behind what was published. */
  get position(): FilePosition {
    return this.#position;
  }

  /** Where a read stands that begins there. */
  get place(): ReadPlace {
    const { offset, outputs } = this.#position;
    return { offset, outputs, until: this.passage && outputsAt(this.passage.end) };
  }

  /** The chunk that was under way here when the agent died. */
  get passage(): Passage<FilePosition> | undefined {
    return this.#pending[0];
  }

  /** Up to here every sink is done with it. */
  get settledTo(): FilePosition {
    return this.#track.position ?? START;
  }

  /** The last position that was ever reached, as far as is known. */
  get seenTo(): FilePosition {
    return this.#pending.at(-1)?.end ?? this.#position;
  }

  /** The last of the positions that were reached a moment ago, not behind `offset`. */
  lastBy(offset: number): FilePosition | undefined {
    return this.#recent.findLast(position => position.offset <= offset);
  }

  /** Moves on where nothing is to be sent. */
  skipTo(end: FilePosition): void {
    this.#track.skip(end);
    this.#moveTo(end);
  }

  /** Publishes a read that ends at `end`. Waits for the state directory and for room; `false` when the agent stops. */
  async send(runs: readonly ChunkMemory[], end: FilePosition): Promise<boolean> {
    const context = this.#context;
    const records = runs.reduce((sum, { spans }) => sum + spans.length / 2, 0);
    const readAtMs = context.clock.now();
    const { passage } = this;
    // With the times it had, so that what is sent again is the same to the byte.
    const isSame = passage !== undefined && reach(passage.end) === reach(end) && passage.records === records;
    const base = isSame ? passage.base : this.#streamOf(runs[0]!).takeTimes(records, readAtMs);
    this.waitsFor = 'the state directory to take its position';
    const receipt = await openReceipt(this.#track, { end, records, base }, context);
    this.waitsFor = 'room in the queue';
    for (const { times } of runs) if (times !== undefined) fillTimes(times, base);
    if (receipt !== undefined) this.#moveTo(end);
    const origin = { monitor: 'file', source: context.source.name } as const;
    const shares = receipt === undefined ? [] : sharesOf(receipt, runs.length);
    let isSending = receipt !== undefined;
    for (const [i, { slab, ...run }] of runs.entries()) {
      const onFree = slab && ((): void => slab.release());
      if (!isSending) onFree?.();
      else {
        const rest = {
          origin,
          base,
          readAtMs,
          position: end,
          stream: this.#streamOf(run),
          receipt: shares[i]!,
        };
        isSending = await publish({ ...run, ...rest, ...(onFree && { onFree }) }, context);
      }
    }
    this.waitsFor = undefined;
    return isSending;
  }

  /** Nothing is read for a while: the streams need not be kept. */
  letGoOfStreams(): void {
    this.#streams.clear();
  }

  /** Nothing was new for a while. */
  letGoOfRecent(): void {
    this.#recent = [];
  }

  #streamOf({ output }: Pick<ChunkMemory, 'output'>): Stream {
    const known = this.#streams.get(output);
    if (known !== undefined) return known;
    const stream = this.#context.streams.of(this.#track.meta.path, this.#track.nextTime, output);
    this.#streams.set(output, stream);
    return stream;
  }

  #moveTo(end: FilePosition): void {
    this.#position = end;
    this.#recent.push(end);
    if (this.#recent.length > RECENT_ENDS) this.#recent.shift();
    while (this.#pending.length > 0 && reach(this.#pending[0]!.end) <= reach(end)) this.#pending.shift();
  }
}

/** Gives a time to those records that have none: each a nanosecond of its own. */
function fillTimes(times: Uint32Array, base: Instant): void {
  for (let i = 0; i < times.length; i += 2) {
    if (times[i] !== 0) continue;
    const { sec, nanos } = plusNanos(base, i / 2);
    times[i] = sec;
    times[i + 1] = nanos;
  }
}
