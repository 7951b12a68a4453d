import type { Monitor, Positions, Publisher } from '../../pkg/types/ports.ts';
import { CollectingPublisher, Cutoff } from '../helpers/collecting-publisher.ts';
import { MemoryPositions } from '../helpers/memory-positions.ts';

/** Something that writes lines: a file, a container. */
export interface LineSource {
  write(...lines: readonly string[]): Promise<void> | void;
}

/** What there is to read, and the monitors that read it. */
export interface MonitorWorld {
  /** A monitor that has not been started. */
  open(positions: Positions, publisher: Publisher): Monitor;
  /** A new source; the label `nameLabel` of its lines ends with its name. */
  add(name: string): Promise<LineSource>;
  readonly nameLabel: string;
  /** Makes that something cannot be read, and what health then says matches `complaint`. */
  obstruct(): Promise<void>;
  readonly complaint: RegExp;
  /** Takes that back, where the test can. */
  clear?(): Promise<void>;
}

/** An agent that reads, and what came of it. */
export class Reader {
  readonly publisher = new CollectingPublisher();
  readonly #world: MonitorWorld;
  positions = new MemoryPositions();
  monitor: Monitor;
  #way: Cutoff;

  constructor(world: MonitorWorld) {
    this.#world = world;
    this.#way = new Cutoff(this.publisher);
    this.monitor = world.open(this.positions, this.#way);
  }

  /** Ends the agent as a kill does, and starts the next on what is remembered. */
  async killAndRestart(): Promise<void> {
    this.#way.cut();
    const remembered = this.positions.restarted();
    await this.monitor.close();
    await this.startOn(remembered);
  }

  async startOn(positions: MemoryPositions): Promise<void> {
    this.positions = positions;
    this.#way = new Cutoff(this.publisher);
    this.monitor = this.#world.open(positions, this.#way);
    await this.monitor.start();
  }
}
