import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { MetricsRegistry } from '../../internal/metrics/registry.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import type { Agent, CopyMode, LetterOrder } from '../../internal/server/routes.ts';
import { ApiServer } from '../../internal/server/server.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { Secret } from '../../pkg/spec/secret.ts';

/** An agent that says what a test puts into its fields. */
export class FakeAgent implements Agent {
  components: ReturnType<Agent['health']> = {};
  ready = true;
  mode: CopyMode = 'safe';
  reloads: 'applied' | 'unchanged' | 'failed' = 'applied';

  health(): ReturnType<Agent['health']> {
    return this.components;
  }

  isReady(): boolean {
    return this.ready;
  }

  status(): object {
    return { queue: { records: 3 } };
  }

  explain(target: string): object {
    return { target };
  }

  config(): object {
    return { server: { token: new Secret('hunter2') } };
  }

  async reload(): ReturnType<Agent['reload']> {
    return { result: this.reloads };
  }

  setCopyMode(mode: CopyMode): readonly string[] {
    this.mode = mode;
    return ['loki'];
  }

  async listLetters(body: string): Promise<{ status: number; body: object }> {
    return { status: body === 'bad' ? 400 : 200, body: { groups: [], letters: [] } };
  }

  async orderLetters(order: LetterOrder, body: string): Promise<{ status: number; body: object }> {
    return { status: body === 'bad' ? 400 : 200, body: { order, records: 3 } };
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Starts a server on a free port, closed at the end of the test. */
export async function startApiServer(context: TestContext, token?: string) {
  const agent = new FakeAgent();
  const metrics = new MetricsRegistry();
  const config = {
    enabled: true,
    host: '127.0.0.1',
    port: 0,
    token: token === undefined ? undefined : new Secret(token),
  };
  const server = new ApiServer(config, { agent, metrics, log: silentLogger, clock: systemClock });
  await server.start();
  context.after(() => server.close());
  const port = server.address?.port ?? 0;
  return { agent, metrics, server, port, ask: (path: string, how?: Ask) => ask(port, path, how) };
}

/** One request on a connection of its own; the status and the whole answer. */
function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      async response => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: await text(response) });
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
