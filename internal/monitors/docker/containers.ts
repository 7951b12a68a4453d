import { type Container, lineLabels, shortName } from './container.ts';
import type { ContainerMeta, ContainerTrack, EngineContext } from './context.ts';
import { type DockerPosition, START } from './cursor.ts';
import { eachOf } from './each-of.ts';
import { Follower } from './follower.ts';
import type { FollowerStatus } from './follower-status.ts';
import type { ContainerRules, Decision } from './rules.ts';

/** Containers that are asked for at once. */
const LOOKS_AT_ONCE = 8;
/** Logs of containers that do not run, read at once. */
const CATCH_UPS_AT_ONCE = 4;
const TRACK_KIND = 'docker';
/** Remembers that an engine has been seen, for `start_at: end`. */
const ENGINE_KIND = 'docker_engine';

/** What `explain` and the status page say of one container. */
export interface ContainerStatus {
  readonly source: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Whether it is read, and the rule that decided. */
  readonly decision: Decision;
  readonly follower: FollowerStatus | undefined;
  /** The labels of its lines, a set for each output. */
  readonly labels: readonly Readonly<Record<string, string>>[];
}

/** A container that the engine has, or had. */
interface Known {
  container: Container;
  decision: Decision;
  follower: Follower | undefined;
  track: ContainerTrack | undefined;
}

/** The containers of one engine: which are there, which of them are read. */
export class Containers {
  readonly #context: EngineContext;
  readonly #rules: ContainerRules;
  readonly #known = new Map<string, Known>();
  /** Those that are gone, with lines that no sink has settled yet. */
  readonly #leaving = new Set<Known>();
  readonly #remembered = new Map<string, ContainerTrack>();
  readonly #looks = new Map<string, Promise<void>>();
  readonly #catchUps: Follower[] = [];
  #catchingUp = 0;
  #isFirstSight: boolean;

  constructor(context: EngineContext, rules: ContainerRules) {
    this.#context = context;
    this.#rules = rules;
    const { positions, config } = context;
    for (const track of positions.tracks<DockerPosition, ContainerMeta>(TRACK_KIND)) {
      if (track.meta.engine === config.name) this.#remembered.set(track.meta.id, track);
    }
    this.#isFirstSight = !positions.tracks(ENGINE_KIND).some(({ key }) => key === config.name);
  }

  /** Containers whose logs are read. */
  get watched(): number {
    let watched = 0;
    for (const { follower } of this.#known.values()) {
      if (follower !== undefined && follower.state !== 'stopped' && follower.state !== 'unreadable')
        watched++;
    }
    return watched;
  }

  /** Compares what is known with the engine's list. Rejects where the engine does not answer. */
  async reconcile(): Promise<void> {
    const { client, config, positions } = this.#context;
    const listed = await client.list();
    const changed = listed.filter(({ id, name, isRunning }) => {
      const known = this.#known.get(id);
      return known === undefined || known.container.name !== name || known.container.isRunning !== isRunning;
    });
    await eachOf(changed, LOOKS_AT_ONCE, ({ id }) => this.look(id));
    const there = new Set(listed.map(({ id }) => id));
    const gone = [...this.#known.keys()].filter(id => !there.has(id));
    // What came after the list was made is there all the same.
    await eachOf(gone, LOOKS_AT_ONCE, id => this.look(id));
    for (const [id, track] of this.#remembered) if (!there.has(id)) this.#abandon(track);
    if (this.#isFirstSight) positions.create(ENGINE_KIND, config.name, { name: config.name }, null);
    this.#isFirstSight = false;
    this.#forgetSettled();
    for (const { follower } of this.#known.values()) follower?.reachable();
  }

  /** Something may have happened to a container. Rejects where the engine does not answer. */
  look(id: string): Promise<void> {
    // One after the other for each container: the last look has seen the last event.
    const before = this.#looks.get(id) ?? Promise.resolve();
    const look = before.catch(() => undefined).then(() => this.#look(id));
    const entry = look.finally(() => {
      if (this.#looks.get(id) === entry) this.#looks.delete(id);
    });
    this.#looks.set(id, entry);
    return entry;
  }

  /** The engine was away and is back. */
  reconnected(): void {
    for (const { follower } of this.#known.values()) follower?.reconnected();
  }

  async stop(): Promise<void> {
    const all = [...this.#known.values(), ...this.#leaving];
    await Promise.all(all.map(({ follower }) => follower?.stop()));
  }

  /** Why the log of some container cannot be read at present. */
  failure(): string | undefined {
    for (const { follower, container } of this.#known.values()) {
      const status = follower?.status();
      if (status?.state === 'retrying' && status.isPersistent)
        return `${shortName(container)}: ${status.failure}`;
    }
    return undefined;
  }

  status(): ContainerStatus[] {
    return Array.from(this.#known.values(), ({ container, decision, follower }) => ({
      source: this.#context.config.name,
      ...{ id: container.id, name: container.name, image: container.image, decision },
      follower: follower?.status(),
      labels: (['stdout', 'stderr'] as const).map(output =>
        lineLabels(container, this.#context.config.labels, output).toJSON(),
      ),
    }));
  }

  async #look(id: string): Promise<void> {
    const container = await this.#context.client.inspect(id);
    if (this.#context.stopping.aborted) return;
    const known = this.#known.get(id);
    if (container === undefined) {
      if (known !== undefined) this.#remove(known);
      return;
    }
    const decision = this.#rules.decide(container);
    if (known === undefined) {
      this.#add(container, decision);
      return;
    }
    known.container = container;
    known.decision = decision;
    if (decision.isRead && known.follower !== undefined) known.follower.renew(container);
    else if (decision.isRead) this.#follow(known);
    else {
      await known.follower?.stop();
      known.follower = undefined;
    }
  }

  #add(container: Container, decision: Decision): void {
    const known: Known = { container, decision, follower: undefined, track: undefined };
    this.#known.set(container.id, known);
    if (decision.isRead) this.#follow(known);
  }

  #follow(known: Known): void {
    const { container } = known;
    known.track ??= this.#remembered.get(container.id) ?? this.#newTrack(container);
    this.#remembered.delete(container.id);
    known.follower = new Follower(this.#context, known.track, container);
    if (container.isRunning) void known.follower.start();
    else this.#catchUp(known.follower);
  }

  /** What a container that does not run has left is read by a few at a time. */
  #catchUp(follower: Follower): void {
    this.#catchUps.push(follower);
    if (this.#catchingUp < CATCH_UPS_AT_ONCE) void this.#catchUpAll();
  }

  async #catchUpAll(): Promise<void> {
    this.#catchingUp++;
    for (let next = this.#catchUps.shift(); next !== undefined; next = this.#catchUps.shift())
      await next.start();
    this.#catchingUp--;
  }

  #newTrack(container: Container): ContainerTrack {
    const { config, positions, clock } = this.#context;
    const { id, name, finishedAt, isRunning } = container;
    const isSkipped = config.startAt === 'end' && this.#isFirstSight;
    const nowMs = clock.now();
    const now = { sec: Math.floor(nowMs / 1000), nanos: Math.floor((nowMs % 1000) * 1e6) };
    const meta = { engine: config.name, id, name, finishedAt: isSkipped && !isRunning ? finishedAt : null };
    const start = isSkipped ? { ...START, since: now } : START;
    return positions.create<DockerPosition, ContainerMeta>(TRACK_KIND, `${config.name}/${id}`, meta, start);
  }

  /** The engine has it no more: what it gave is still to be settled. */
  #remove(known: Known): void {
    this.#known.delete(known.container.id);
    const { follower, container } = known;
    if (follower === undefined) {
      known.track?.forget();
      return;
    }
    const { state } = follower;
    if (state === 'retrying' || state === 'disconnected') {
      this.#context.counters.removed.inc();
      this.#context.logger.warn(
        'docker.removed',
        'a container was removed before its log was read to the end',
        {
          container: shortName(container),
        },
      );
    }
    this.#leaving.add(known);
    follower.removed();
    const ended = state === 'reading' ? follower.ended : follower.stop();
    void ended.then(() => this.#forgetSettled());
  }

  /** Remembered, and removed while the agent was down: what was under way cannot be had any more. */
  #abandon(track: ContainerTrack): void {
    const lost = track.pending.reduce((sum, { records }) => sum + records, 0);
    if (lost > 0) {
      this.#context.counters.linesRemoved.inc(lost);
      this.#context.logger.warn(
        'docker.removed',
        'a container was removed with lines that were not delivered',
        {
          ...{ container: shortName(track.meta), lines: lost },
        },
      );
    }
    this.#remembered.delete(track.meta.id);
    track.forget();
  }

  #forgetSettled(): void {
    for (const known of this.#leaving) {
      const { follower, track } = known;
      if (follower === undefined || follower.state === 'reading' || !follower.isSettled) continue;
      this.#leaving.delete(known);
      track?.forget();
    }
  }
}
