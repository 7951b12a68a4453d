import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ExportedLine } from '../../internal/receiver/export.ts';
import { pathsToLoki, startAgent, type TestAgent } from './agent.ts';
import { assertWhole, keptBy, linesOf, type Order } from './arrivals.ts';
import { NumberedLog } from './numbered-log.ts';
import { startReceiver, type TestReceiver } from './receiver.ts';
import { type Scope, scopeOf } from './scope.ts';
import { until } from './until.ts';

/** How a source of a test reads. */
export interface FileRunOptions {
  /** Names in the folder of the logs. */
  readonly paths: readonly string[];
  /** More keys of the source. */
  readonly source?: object;
}

/** Lines that begin so are no lines of a numbered log. */
export const BANNER = `#${'='.repeat(78)}\n`.repeat(60);

/** A folder of logs, the agent that reads them, and the receiver that keeps what comes: for tests about files. */
export class FileRun {
  readonly scope: Scope;
  readonly receiver: TestReceiver;
  readonly logs: NumberedLog[] = [];
  readonly #dir: string;
  readonly #config: object;
  #agent: TestAgent | undefined;

  private constructor(scope: Scope, receiver: TestReceiver, dir: string, { paths, source }: FileRunOptions) {
    this.scope = scope;
    this.receiver = receiver;
    this.#dir = dir;
    mkdirSync(this.path('.'));
    const sources = [{ name: 'app', paths: paths.map(name => this.path(name)), ...source }];
    this.#config = { ...pathsToLoki([], receiver.url), file_monitor: { sources } };
  }

  /** Nothing runs yet but the receiver. */
  static async begin(t: TestContext, options: FileRunOptions): Promise<FileRun> {
    const scope = scopeOf(t);
    return new FileRun(scope, await startReceiver(scope, { limits: 'none' }), await scope.folder(), options);
  }

  get agent(): TestAgent {
    assert.ok(this.#agent, 'no agent was started');
    return this.#agent;
  }

  path(name: string): string {
    return join(this.#dir, 'logs', name);
  }

  /** A log of numbered lines that begins at a name. */
  log(source: string, name: string): NumberedLog {
    const log = new NumberedLog(source, this.path(name));
    this.logs.push(log);
    return log;
  }

  async start(): Promise<void> {
    this.#agent = await startAgent(this.scope, { config: this.#config, dir: this.#dir });
  }

  async stop(): Promise<void> {
    assert.equal(await this.agent.stop(), 0, this.agent.process.stderr());
  }

  async kill9(): Promise<void> {
    await this.agent.kill9();
  }

  /** What arrived of the numbered logs. */
  async kept(): Promise<ExportedLine[]> {
    return (await keptBy(this.receiver)).filter(({ line }) => !line.startsWith('#'));
  }

  /** Resolves when as many lines arrived as were written. */
  async caughtUp(): Promise<void> {
    const written = linesOf(this.logs);
    await until(
      () => this.kept(),
      lines => lines.length >= written,
    );
  }

  /** Waits for every line that was written, fails unless each came once and in order, and ends the agent. */
  async assertArrived(order: Order = 'in order'): Promise<void> {
    await this.caughtUp();
    await assertWhole(await this.kept(), this.logs, order);
    await this.agent.assertBalanced();
    await this.stop();
    await assertWhole(await this.kept(), this.logs, order);
  }
}
