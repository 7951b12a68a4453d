import type { MessageLog } from './message-log.ts';
import { Place, type Start } from './place.ts';
import { configError, consumerUnknownError } from './queue-errors.ts';

/** Who reads the queue, and how far each has come. */
export class ConsumerRegistry {
  readonly #log: MessageLog<unknown>;
  /** Replaced, never changed: a consumer may come or go while all are being woken. */
  #places: readonly Place[] = [];

  constructor(log: MessageLog<unknown>) {
    this.#log = log;
  }

  get places(): readonly Place[] {
    return this.#places;
  }

  /** A place of that name: a new one, or the one that a closed explicit consumer has left. */
  attach(name: string, start: Start, nowMs: number): Place {
    const kept = this.#places.find(each => each.name === name);
    if (kept === undefined) {
      const place = new Place(name, start, this.#log, nowMs);
      this.#places = [...this.#places, place];
      return place;
    }
    if (kept.isAttached || !start.isExplicit) {
      throw configError(
        `there is a consumer ${JSON.stringify(name)} already`,
        'Give each consumer a name of its own.',
      );
    }
    kept.isAttached = true;
    kept.activeMs = nowMs;
    return kept;
  }

  /** Ends the use of a place; one that acknowledges explicitly stays. Says whether it is gone. */
  detach(place: Place): boolean {
    place.isAttached = false;
    place.wake = undefined;
    if (!place.isExplicit) this.remove(place.name);
    return !place.isExplicit;
  }

  remove(name: string): void {
    const place = this.#places.find(each => each.name === name);
    if (place === undefined) throw consumerUnknownError(name, 'is not there');
    place.isRemoved = true;
    place.wake = undefined;
    this.#places = this.#places.filter(each => each !== place);
  }

  /** Sequence up to which (exclusive) every consumer has acknowledged: all there is, without consumers. */
  passed(): number {
    let end = this.#log.next;
    for (const place of this.#places) if (place.acknowledged < end) end = place.acknowledged;
    return end;
  }

  /** Tells every consumer that the message `sequence` was published. */
  wake(sequence: number, nowMs: number): void {
    for (const place of this.#places) {
      if (place.acknowledged === sequence) place.activeMs = nowMs;
      place.wake?.();
    }
  }
}
