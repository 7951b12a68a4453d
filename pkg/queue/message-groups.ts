import type { Membership } from './message.ts';
import { configError } from './queue-errors.ts';

interface Group {
  published: number;
  freed: number;
  size: number | undefined;
}

/** Which groups are under way, and how far. One entry a group, none for messages without one. */
export class MessageGroups {
  readonly #groups = new Map<string, Group>();

  /** Groups that are under way. */
  get size(): number {
    return this.#groups.size;
  }

  /** Counts a message in that is about to be published. Throws `LC_QUEUE_CONFIG` when its group has no place left. */
  join({ id, size, isLast }: Membership): void {
    const group = this.#groups.get(id) ?? { published: 0, freed: 0, size: undefined };
    const published = group.published + 1;
    const total = isLast === true ? published : (size ?? group.size);
    if (published > (group.size ?? published) || published > (total ?? published)) {
      throw configError(
        `group ${JSON.stringify(id)} has all its ${group.published} messages already`,
        'Give each group an id of its own until it is complete.',
      );
    }
    group.published = published;
    group.size = total;
    this.#groups.set(id, group);
  }

  /** Counts a message out that every consumer has acknowledged. Returns the size of its group when it is complete now. */
  leave(id: string): number | undefined {
    const group = this.#groups.get(id);
    if (group === undefined || ++group.freed !== group.size) return undefined;
    this.#groups.delete(id);
    return group.size;
  }
}
