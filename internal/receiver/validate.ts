import { rfc3339 } from './answer.ts';
import { formatLabels, type LabelPair } from './labels.ts';
import type { Limits } from './options.ts';
import type { PushTable } from './push-table.ts';

const SEE = 'or contact your Loki administrator to increase it';

/** The checks of Loki's distributor at one moment: they depend on the push alone, not on what is stored. */
export class Validator {
  readonly #limits: Limits;
  readonly #oldestSec: number;
  readonly #newestSec: number;

  constructor(limits: Limits, nowMs: number) {
    this.#limits = limits;
    this.#oldestSec = limits.maxAgeMs === 0 ? Number.NEGATIVE_INFINITY : (nowMs - limits.maxAgeMs) / 1000;
    this.#newestSec =
      limits.maxFutureMs === 0 ? Number.POSITIVE_INFINITY : (nowMs + limits.maxFutureMs) / 1000;
  }

  /** What is wrong with a stream's labels; `service_name` among them does not count towards their number. */
  labelsError(labels: readonly LabelPair[]): string | undefined {
    const { maxLabelNames, maxLabelNameBytes, maxLabelValueBytes } = this.#limits;
    const names = labels.length - (labels.some(([name]) => name === 'service_name') ? 1 : 0);
    if (exceeds(names, maxLabelNames)) {
      return `entry for stream '${formatLabels(labels)}' has ${names} label names; limit ${maxLabelNames}`;
    }
    let last = '';
    for (const [name, value] of labels) {
      const says = (what: string, text: string): string =>
        `stream '${formatLabels(labels)}' has ${what}: '${text}'`;
      if (exceeds(Buffer.byteLength(name), maxLabelNameBytes)) return says('label name too long', name);
      if (exceeds(Buffer.byteLength(value), maxLabelValueBytes)) return says('label value too long', value);
      if (name === last) return says('duplicate label name', name);
      last = name;
    }
    return undefined;
  }

  /** What is wrong with entry `i`; `stream` is the text of its labels. */
  entryError(table: PushTable, i: number, stream: string): string | undefined {
    const limits = this.#limits;
    const sec = table.sec[i]!;
    const time = sec + table.nanos[i]! / 1e9;
    if (time < this.#oldestSec) {
      const oldest = rfc3339(Math.floor(this.#oldestSec));
      return `entry for stream '${stream}' has timestamp too old: ${rfc3339(sec)}, oldest acceptable timestamp is: ${oldest}`;
    }
    if (time > this.#newestSec) {
      return `entry for stream '${stream}' has timestamp too new: ${rfc3339(sec)}`;
    }
    const length = table.end[i]! - table.start[i]!;
    if (exceeds(length, limits.maxLineBytes)) {
      return `max entry size '${limits.maxLineBytes}' bytes exceeded for stream '${stream}' while adding an entry with length '${length}' bytes`;
    }
    return table.metadataPairs[i] === 0 ? undefined : this.#metadataError(table, i, stream);
  }

  #metadataError(table: PushTable, i: number, stream: string): string | undefined {
    const { maxMetadataBytes, maxMetadataEntries } = this.#limits;
    const bytes = table.metadataBytes[i]!;
    const pairs = table.metadataPairs[i]!;
    if (exceeds(bytes, maxMetadataBytes)) {
      return `stream '${stream}' has structured metadata too large: '${bytes}' bytes, limit: '${maxMetadataBytes}' bytes. Please see \`limits_config.max_structured_metadata_size\` ${SEE}`;
    }
    if (exceeds(pairs, maxMetadataEntries)) {
      return `stream '${stream}' has too many structured metadata labels: '${pairs}', limit: '${maxMetadataEntries}'. Please see \`limits_config.max_structured_metadata_entries_count\` ${SEE}`;
    }
    return undefined;
  }
}

function exceeds(value: number, limit: number): boolean {
  return limit !== 0 && value > limit;
}
