import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathsToLoki, startAgent, type TestAgent } from './agent.ts';
import { DockerEngine, type DockerEngineOptions } from './docker-engine.ts';
import { hasDocker } from './docker-parts.ts';
import { startReceiver, type TestReceiver } from './receiver.ts';
import { type Scope, scopeOf } from './scope.ts';
import { SocketProxy } from './socket-proxy.ts';

/** From the engine alone, and from files where they can be read: each scenario has to hold in both ways. */
export const READS = ['api', 'auto'] as const;
export type Read = (typeof READS)[number];

/** A real engine, a proxy before it, a receiver, and agents between them. */
export interface DockerRig {
  readonly scope: Scope;
  readonly engine: DockerEngine;
  readonly proxy: SocketProxy;
  readonly receiver: TestReceiver;
  /** Starts an agent on what the one before remembered. */
  startAgent(): Promise<TestAgent>;
}

/** What `/api/v1/status` says of a container. */
export interface ContainerReport {
  readonly id: string;
  readonly name: string;
  readonly decision: { readonly isRead: boolean; readonly rule: string };
  readonly follower?: { readonly state: string; readonly failure?: string; readonly waitsFor: string };
}

export interface DockerRigOptions extends DockerEngineOptions {
  readonly read: Read;
  /** More of the engine's entry in the config. */
  readonly source?: object;
}

/** `undefined` where no engine can be started: the test is skipped. */
export async function dockerRig(t: TestContext, options: DockerRigOptions): Promise<DockerRig | undefined> {
  if (!hasDocker(t)) return undefined;
  const scope = scopeOf(t);
  const [engine, receiver, dir] = await Promise.all([
    DockerEngine.start(scope, options),
    startReceiver(scope, { limits: 'none', faults: true }),
    scope.folder(),
  ]);
  const proxy = await SocketProxy.start(scope, join(engine.dir, 'proxy.sock'), engine.socket);
  const source = { read: options.read, ...options.source };
  const config = containersToLoki(proxy.path, receiver.url, source);
  return { scope, engine, proxy, receiver, startAgent: () => startAgent(scope, { config, dir }) };
}

/** One engine whose containers are read, one sink at `url`, and no patience: see `pathsToLoki`. */
export function containersToLoki(socket: string, url: string, source: object): object {
  const engine = { name: 'test', host: `unix://${socket}`, labels: { job: 'e2e' }, ...source };
  const sinks = { loki: { url, max_line_bytes: '8MiB' } };
  return { ...pathsToLoki([], url), file_monitor: {}, docker_monitor: { engines: [engine] }, sinks };
}

/** What the agent says of its containers. */
export async function containersOf(agent: TestAgent): Promise<ContainerReport[]> {
  const response = await fetch(`${agent.url}/api/v1/status`);
  return ((await response.json()) as { docker_monitor: ContainerReport[] }).docker_monitor;
}

/** A metric of the agent, added up over all labels. */
export async function sumOf(agent: TestAgent, name: string): Promise<number> {
  let sum = 0;
  for (const [series, value] of await agent.metrics()) {
    if (series === `log_capturer_${name}` || series.startsWith(`log_capturer_${name}{`)) sum += value;
  }
  return sum;
}
