import type { Health } from '../../pkg/types/ports.ts';
import { healthReply } from './health.ts';
import { statusPage } from './page.ts';
import { failure, json, type Reply } from './reply.ts';

/** As in the config: `dispatcher.copy_mode`. */
export type CopyMode = 'safe' | 'optimized';

/** What can be done with dead letters. */
export type LetterOrder = 'replay' | 'purge';

/** The agent as the server sees it: what it can tell, and what it can be told. All are called once a request. */
export interface Agent {
  /** The health of every component, by name. */
  health(): Readonly<Record<string, Health>>;
  /** Whether sources and sinks have started and it is not draining. */
  isReady(): boolean;
  /** The body of `/api/v1/status`. */
  status(): object;
  /** What there is to know of an absolute path or a container. */
  explain(target: string): object;
  /** The effective config, secrets masked. */
  config(): object;
  /** Reads the config again; never rejects. */
  reload(): Promise<{ readonly result: 'applied' | 'unchanged' | 'failed' }>;
  /** Switches every lane; returns the names of the sinks. */
  setCopyMode(mode: CopyMode): readonly string[];
  /** Tells of dead letters what a request asks. */
  listLetters(body: string): Promise<{ readonly status: number; readonly body: object }>;
  /** Carries out what a request says of dead letters. */
  orderLetters(order: LetterOrder, body: string): Promise<{ readonly status: number; readonly body: object }>;
}

/** What a scrape needs of the metrics. */
export interface Scrape {
  readonly contentType: string;
  text(): Promise<string>;
}

/** One row of the table. `GET` is answered to `HEAD` as well; `POST` changes something, or tells lines, and is guarded. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** `query` is what follows the path. */
  handle(body: string, query: URLSearchParams): Reply | Promise<Reply>;
}

/** Every route there is. */
export function routesOf(agent: Agent, metrics: Scrape): readonly Route[] {
  return [
    { method: 'GET', path: '/', handle: statusPage },
    { method: 'GET', path: '/metrics', handle: () => scrape(metrics) },
    { method: 'GET', path: '/health', handle: () => healthReply(agent.health()) },
    { method: 'GET', path: '/ready', handle: () => readiness(agent.isReady()) },
    { method: 'GET', path: '/api/v1/status', handle: () => json(200, agent.status()) },
    { method: 'GET', path: '/api/v1/explain', handle: (_, query) => explain(agent, query) },
    { method: 'GET', path: '/api/v1/config', handle: () => json(200, agent.config()) },
    { method: 'POST', path: '/api/v1/dispatcher/copy_mode', handle: body => copyMode(agent, body) },
    { method: 'POST', path: '/api/v1/reload', handle: () => reload(agent) },
    { method: 'POST', path: '/api/v1/dlq/list', handle: body => told(agent.listLetters(body)) },
    { method: 'POST', path: '/api/v1/dlq/replay', handle: body => told(agent.orderLetters('replay', body)) },
    { method: 'POST', path: '/api/v1/dlq/purge', handle: body => told(agent.orderLetters('purge', body)) },
  ];
}

async function scrape(metrics: Scrape): Promise<Reply> {
  return { status: 200, body: await metrics.text(), headers: { 'content-type': metrics.contentType } };
}

function readiness(isReady: boolean): Reply {
  return json(isReady ? 200 : 503, { ready: isReady });
}

function explain(agent: Agent, query: URLSearchParams): Reply {
  const target = query.get('target') ?? '';
  if (target === '')
    return failure(400, 'expected ?target= and an absolute path, or the name or id of a container');
  return json(200, agent.explain(target));
}

/** 422: the config was read, and it says nothing that the agent could run on. */
async function reload(agent: Agent): Promise<Reply> {
  const report = await agent.reload();
  return json(report.result === 'failed' ? 422 : 200, report);
}

function copyMode(agent: Agent, body: string): Reply {
  const mode = modeIn(body);
  if (mode === undefined) return failure(400, 'expected {"mode": "safe"} or {"mode": "optimized"}');
  return json(200, { mode, sinks: agent.setCopyMode(mode) });
}

async function told(answer: Promise<{ readonly status: number; readonly body: object }>): Promise<Reply> {
  const { status, body } = await answer;
  return json(status, body);
}

function modeIn(body: string): CopyMode | undefined {
  const request = parsed(body);
  const mode =
    typeof request === 'object' && request !== null && 'mode' in request ? request.mode : undefined;
  return mode === 'safe' || mode === 'optimized' ? mode : undefined;
}

/** What a body says, or `undefined` when it is not JSON: the caller answers both alike. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
