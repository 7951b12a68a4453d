import type { Passage } from '../../../pkg/types/ports.ts';
import type { Stream } from '../../../pkg/types/stream.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import { type FilePosition, type FileTrack, START } from './identity.ts';
import { openReceipt, publish } from './send.ts';
import type { SourceContext } from './source.ts';

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
  #stream: Stream | undefined;

  constructor(context: SourceContext, track: FileTrack) {
    this.#context = context;
    this.#track = track;
    this.#position = track.readTo ?? START;
    this.#pending = track.pending.filter(({ end }) => end.offset > this.#position.offset);
  }

  /** The position behind what was published. */
  get position(): FilePosition {
    return this.#position;
  }

  /** The chunk that was under way here when the agent died. */
  get passage(): Passage<FilePosition> | undefined {
    return this.#pending[0];
  }

  /** Where the last such chunk ended; `undefined` when all were sent again. */
  get pendingEnd(): FilePosition | undefined {
    return this.#pending.at(-1)?.end;
  }

  /** Whether every sink is done with all that was published. */
  get isSettled(): boolean {
    return (this.#track.position ?? START).offset === this.#position.offset;
  }

  /** Moves on where nothing is to be sent. */
  skipTo(end: FilePosition): void {
    this.#track.skip(end);
    this.#moveTo(end);
  }

  /** Publishes records that end at `end`. Waits for the state directory and for room; `false` when the agent stops. */
  async send(memory: ChunkMemory, end: FilePosition): Promise<boolean> {
    const context = this.#context;
    this.#stream ??= context.streams.of(this.#track.meta.path, this.#track.nextTime);
    const records = memory.spans.length / 2;
    const readAtMs = context.clock.now();
    const { passage } = this;
    // With the times it had, so that what is sent again is the same to the byte.
    const isSame = passage?.end.offset === end.offset && passage.records === records;
    const base = isSame ? passage.base : this.#stream.takeTimes(records, readAtMs);
    this.waitsFor = 'the state directory to take its position';
    const receipt = await openReceipt(this.#track, { end, records, base }, context);
    this.waitsFor = 'room in the queue';
    if (receipt === undefined) {
      memory.onFree?.();
      return false;
    }
    this.#moveTo(end);
    const init = { ...memory, stream: this.#stream, base, readAtMs, receipt, position: end };
    const isPublished = await publish(init, context);
    this.waitsFor = undefined;
    return isPublished;
  }

  /** Nothing is read for a while: the stream need not be kept. */
  rest(): void {
    this.#stream = undefined;
  }

  #moveTo(end: FilePosition): void {
    this.#position = end;
    while (this.#pending.length > 0 && this.#pending[0]!.end.offset <= end.offset) this.#pending.shift();
  }
}
