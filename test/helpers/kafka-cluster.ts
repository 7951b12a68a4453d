import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { quietKafkajs } from '../../internal/sinks/kafka/quiet-kafkajs.ts';
import { freePort } from './free-port.ts';
import { runKafkaTool, startJava } from './kafka-jars.ts';
import { type Entrance, KAFKA_USER, type NodePorts, serverProperties } from './kafka-properties.ts';
import type { Scope } from './scope.ts';
import { standStill } from './standstill.ts';
import { until } from './until.ts';

export interface KafkaClusterOptions {
  /** 1 or 3. */
  readonly brokers?: number;
  /** Besides the plain one. */
  readonly entrances?: readonly Entrance[];
  /** More lines for `server.properties`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

/** How long a JVM may take to answer on a busy machine. */
const START_MS = 60_000;

/** Real Kafka brokers in processes of their own, in KRaft mode, on free ports, with their data in a folder of the test's. */
export class KafkaCluster {
  readonly #dir: string;
  readonly #ports: readonly NodePorts[];
  readonly #processes: (ChildProcess | undefined)[] = [];
  #isStopped = false;

  private constructor(dir: string, ports: readonly NodePorts[]) {
    this.#dir = dir;
    this.#ports = ports;
  }

  /** Starts the brokers and waits until they answer. They end with the scope at the latest. */
  static async start(scope: Scope, options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
    const { brokers = 1, entrances = [], settings = {} } = options;
    quietKafkajs();
    const dir = await scope.folder();
    const ports: NodePorts[] = [];
    for (let id = 1; id <= brokers; id++) {
      const of = new Map<Entrance, number>();
      for (const entrance of ['plain', ...entrances] as const) of.set(entrance, await freePort());
      ports.push({ controller: await freePort(), entrances: of });
    }
    const cluster = new KafkaCluster(dir, ports);
    for (let id = 1; id <= brokers; id++) await cluster.#format(id, settings, entrances.includes('sasl'));
    for (let id = 1; id <= brokers; id++) cluster.#launch(id);
    scope.after(() => cluster.stop());
    await cluster.#answers(brokers);
    return cluster;
  }

  /** Where clients start from, through this entrance. */
  addresses(entrance: Entrance = 'plain'): string[] {
    return this.#ports.map(({ entrances }) => `127.0.0.1:${entrances.get(entrance)}`);
  }

  /** Kills a broker at once, as a crash or the OOM killer would. */
  async kill9(id = 1): Promise<void> {
    await this.#end(id, 'SIGKILL');
  }

  /** Starts a broker that was killed, on its old port and data; resolves when all of the cluster answers. */
  async restart(id = 1): Promise<void> {
    assert.equal(this.#processes[id], undefined, `broker ${id} runs`);
    this.#launch(id);
    await this.#answers(this.#processes.filter(process => process !== undefined).length);
  }

  /** Ends all brokers at once: their data is of no use any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#ports.map((_, n) => this.#end(n + 1, 'SIGKILL')));
  }

  /** Lets a broker hang: its connections stay open and, once this has resolved, nothing is answered. */
  async pause(id = 1): Promise<void> {
    await standStill(this.#processes[id]!.pid!);
  }

  resume(id = 1): void {
    this.#processes[id]!.kill('SIGCONT');
  }

  /** Does something with an administrator's connection. */
  async admin<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    const isLive = (_: string, n: number): boolean => this.#processes[n + 1] !== undefined;
    const kafka = new Kafka({
      brokers: this.addresses().filter(isLive),
      logLevel: logLevel.NOTHING,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 300 },
      requestTimeout: 10_000,
    });
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await act(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async createTopic(topic: string, partitions = 1, config: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin(admin =>
      admin.createTopics({
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: Math.min(3, this.#ports.length),
            configEntries,
          },
        ],
        waitForLeaders: true,
      }),
    );
  }

  /** The brokers that lead the partitions of a topic, by partition; -1 where none does. */
  async leaders(topic: string): Promise<number[]> {
    const { topics } = await this.#ask(admin => admin.fetchTopicMetadata({ topics: [topic] }));
    return topics[0]!.partitions
      .toSorted((a, b) => a.partitionId - b.partitionId)
      .map(({ leader }) => leader);
  }

  /** Makes the first replica of every partition its leader again: moves leaders without any broker going. */
  async electPreferredLeaders(): Promise<void> {
    await runKafkaTool('org.apache.kafka.tools.LeaderElectionCommand', [
      ...['--bootstrap-server', this.addresses().join(','), '--election-type', 'preferred'],
      '--all-topic-partitions',
    ]);
  }

  /** How many records a topic holds in all. */
  async records(topic: string): Promise<number> {
    const partitions = await this.#ask(admin => admin.fetchTopicOffsets(topic));
    return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }

  /** Where a broker keeps the records of a partition: what `kafka.tools.DumpLogSegments` reads. */
  segment(topic: string, partition = 0, id = 1): string {
    return join(this.#file(id, 'data'), `${topic}-${partition}`, '00000000000000000000.log');
  }

  /** The last of what a broker logged, for messages of failing tests. */
  log(id = 1): string {
    return readFileSync(this.#file(id, 'log'), 'utf8').split('\n').slice(-30).join('\n');
  }

  async #format(id: number, settings: KafkaClusterOptions['settings'], hasUsers: boolean): Promise<void> {
    const data = this.#file(id, 'data');
    mkdirSync(data, { recursive: true });
    const properties = serverProperties(id, this.#ports, data, settings ?? {});
    writeFileSync(this.#file(id, 'server.properties'), properties);
    const clusterId = 'bG9nLWNhcHR1cmVyLTEyMw';
    if (!hasUsers) {
      // What the format tool would write; its JVM takes 2 s.
      const meta = `version=1\ncluster.id=${clusterId}\nnode.id=${id}\n`;
      writeFileSync(join(data, 'meta.properties'), meta);
      return;
    }
    const { username, password } = KAFKA_USER;
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]);
    const where = ['-t', clusterId, '-c', this.#file(id, 'server.properties')];
    await runKafkaTool('kafka.tools.StorageTool', ['format', ...where, ...users]);
  }

  #launch(id: number): void {
    assert.ok(!this.#isStopped, 'the brokers were stopped for good');
    const child = startJava('kafka.Kafka', [this.#file(id, 'server.properties')], this.#file(id, 'log'));
    this.#processes[id] = child;
    child.once('exit', () => {
      if (this.#processes[id] === child) this.#processes[id] = undefined;
    });
  }

  /** Asks until there is an answer: the metadata may name a broker that was just killed. */
  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const giveUpMs = Date.now() + START_MS;
    for (;;)
      try {
        return await this.admin(question);
      } catch (error) {
        if (Date.now() > giveUpMs) throw error;
      }
  }

  async #answers(brokers: number): Promise<void> {
    const giveUpMs = Date.now() + START_MS;
    await until(
      async () => {
        const isDead = this.#processes.every(process => process === undefined);
        assert.ok(!isDead && Date.now() < giveUpMs, `Kafka does not start: ${this.log()}`);
        return this.admin(admin => admin.describeCluster()).catch(() => undefined);
      },
      cluster => (cluster?.brokers.length ?? 0) >= brokers,
    );
  }

  async #end(id: number, signal: NodeJS.Signals): Promise<void> {
    const child = this.#processes[id];
    if (child === undefined) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  #file(id: number, name: string): string {
    return join(this.#dir, `broker-${id}`, name);
  }
}
