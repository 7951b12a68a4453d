import type { Sink } from '../../pkg/types/ports.ts';
import type { Config } from '../config/config.ts';
import { type Changes, changesOf } from '../config/difference.ts';
import type { LaneSet } from '../dispatcher/lane-set.ts';
import { type LaneConfig, laneConfigs, makeLane, type SinkDeps } from './sinks.ts';

/** What became of the sinks at a reload, by name. */
export interface SinkReport {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Sinks that have been started for a new config, and wait to take over. */
export interface PreparedSinks {
  /** Puts them to work, and ends those whose place they take. Resolves when all of that is done. */
  commit(): Promise<SinkReport>;
}

/** The sinks of the config, which may come, change and go while the others go on. */
export class SinkSet {
  readonly #deps: SinkDeps;
  readonly #lanes: LaneSet;
  #configs: readonly LaneConfig[];

  constructor(config: Config, lanes: LaneSet, deps: SinkDeps) {
    this.#configs = laneConfigs(config);
    this.#lanes = lanes;
    this.#deps = deps;
  }

  /** Those there are now, in order of the config. */
  get all(): readonly Sink[] {
    return this.#lanes.all.map(({ sink }) => sink);
  }

  /**
   * Makes and starts the sinks that `next` has and the agent has not, or has otherwise; rejects with `LC_SINK_START`
   * when one cannot be, and nothing is changed then. Sinks that are the same are not touched.
   */
  async prepare(next: Config): Promise<PreparedSinks> {
    const configs = laneConfigs(next);
    const changes = changesOf(this.#configs, configs);
    const lanes = [...changes.added, ...changes.changed].map(config => makeLane(config, this.#deps));
    try {
      for (const { sink } of lanes) await sink.start();
    } catch (error) {
      for (const { sink } of lanes) await sink.close();
      throw error;
    }
    return { commit: () => this.#commit(configs, changes, lanes) };
  }

  async #commit(
    configs: readonly LaneConfig[],
    { added, changed, removed }: Changes<LaneConfig>,
    lanes: readonly ReturnType<typeof makeLane>[],
  ): Promise<SinkReport> {
    this.#configs = configs;
    const isNew = new Set(added.map(({ name }) => name));
    // First those that come: there is always somebody to read the queue.
    for (const lane of lanes) if (isNew.has(lane.sink.name)) this.#lanes.add(lane);
    const replaced = lanes.filter(({ sink }) => !isNew.has(sink.name)).map(lane => this.#lanes.change(lane));
    const gone = removed.map(({ name }) => this.#lanes.remove(name));
    for (const sink of await Promise.all([...replaced, ...gone])) await sink.close();
    return { added: names(added), changed: names(changed), removed: names(removed) };
  }
}

function names(configs: readonly LaneConfig[]): string[] {
  return configs.map(({ name }) => name);
}
