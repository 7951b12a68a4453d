import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PositionStore } from '../../internal/positions/store.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import type { Fs } from '../../pkg/fsx/fs.ts';
import type { Passage, Track } from '../../pkg/types/ports.ts';
import { TrackModel } from './positions-track-model.ts';

export const STATE_DIR = '/state/positions';

/** After so long everything is written (50 ms) and made durable (5 s). */
const SECURE_MS = 5_050;

const WEIGHTS = {
  create: 2,
  open: 8,
  reopen: 6,
  settle: 10,
  skip: 2,
  meta: 1,
  forget: 1,
  pause: 3,
  secure: 1,
};

/** One thing that happens to a store; `which` chooses among the tracks or passages that there are. */
export interface Step {
  readonly kind: keyof typeof WEIGHTS;
  readonly which: number;
}

const kinds = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array<string>(weight).fill(kind));

/** Random histories of at most `maxLength` steps. */
export function arbitrarySteps(maxLength: number): fc.Arbitrary<Step[]> {
  const kind = fc.constantFrom(...kinds) as fc.Arbitrary<Step['kind']>;
  return fc.array(fc.record({ kind, which: fc.nat(9999) }), { maxLength, size: 'max' });
}

/** Processes as if every agent before this one had been killed. */
export const nobodyElse = {
  self: async () => ({ pid: 1, started: 'now' }),
  isAlive: async () => false,
};

/** Opens a store on `fs` with nobody else about. */
export async function startStore(fs: Fs, clock = new ManualClock()): Promise<PositionStore> {
  const store = new PositionStore({
    dir: STATE_DIR,
    fs,
    clock,
    logger: silentLogger,
    processes: nobodyElse,
  });
  await store.start();
  return store;
}

/** A life of a store, with a model of what its successor must know. */
export class History {
  readonly store: PositionStore;
  readonly #clock: ManualClock;
  readonly #models: TrackModel[];
  /** Ends are never used twice, so that each names one place. */
  #end: number;

  private constructor(store: PositionStore, clock: ManualClock, end: number) {
    this.store = store;
    this.#clock = clock;
    this.#end = end;
    this.#models = store.tracks<number, number>('file').map(track => new TrackModel(track, true));
  }

  static async begin(fs: Fs, end = 0): Promise<History> {
    const clock = new ManualClock();
    return new History(await startStore(fs, clock), clock, end);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#step(step);
  }

  /** Waits until a disk that failed is tried again. */
  async recover(): Promise<void> {
    await this.#clock.advance(5_000);
  }

  async close(): Promise<void> {
    await this.store.close();
    this.#mark('written');
    this.#mark('secured');
  }

  /** Starts the successor after a kill, and holds what it knows against what it must know. */
  async afterKill(fs: Fs): Promise<History> {
    const next = await History.begin(fs, this.#end + 1000);
    this.#check(next.store, 'written');
    return next;
  }

  /** As `afterKill`, where everything since the last sync may be lost. */
  async afterPowerCut(fs: Fs): Promise<History> {
    const next = await History.begin(fs, this.#end + 1000);
    this.#check(next.store, 'secured');
    return next;
  }

  #check(store: PositionStore, safe: 'written' | 'secured'): void {
    const found = new Map(store.tracks<number, number>('file').map(track => [track.key, track]));
    for (const model of this.#models) {
      model.check(found.get(model.key), safe);
      found.delete(model.key);
    }
    assert.deepEqual([...found.keys()], [], 'tracks that never were');
  }

  async #step({ kind, which }: Step): Promise<void> {
    const live = this.#models.filter(model => !model.isForgotten);
    const model = live[which % live.length];
    if (kind === 'create' || model === undefined) this.#create();
    else if (kind === 'open' && this.#isWritable) model.open(this.#passage(which));
    else if (kind === 'reopen' && this.#isWritable) model.reopen();
    else if (kind === 'settle') model.settle(which);
    else if (kind === 'skip') model.skip(++this.#end);
    else if (kind === 'meta') model.setMeta(which);
    else if (kind === 'forget') model.forget();
    else if (kind === 'pause' || kind === 'secure') await this.#pause(kind === 'secure' ? SECURE_MS : 50);
    await undefined;
  }

  get #isWritable(): boolean {
    return this.store.health().status === 'ok';
  }

  #create(): void {
    const start = ++this.#end;
    const track: Track<number, number> = this.store.create('file', `track-${start}`, start, start);
    this.#models.push(new TrackModel(track, false));
  }

  #passage(which: number): Passage<number> {
    const end = ++this.#end;
    return { end, records: 1 + (which % 3), base: { sec: 1_700_000_000, nanos: end * 10 } };
  }

  /** Lets timers fire; what was to be written is then, unless the disk is dead. */
  async #pause(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#mark('written');
    if (ms >= SECURE_MS) this.#mark('secured');
  }

  #mark(what: 'written' | 'secured'): void {
    if (!this.#isWritable) return;
    for (const model of this.#models) model.mark(what);
  }
}
