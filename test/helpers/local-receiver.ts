import type { ReceiverOptions } from '../../internal/receiver/options.ts';
import { Receiver } from '../../internal/receiver/receiver.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { pushStreams, type TestStream } from './encode-push.ts';
import type { TestScope } from './process.ts';

/** The moment at which a local receiver's clock stands: that of the recorded answers. */
export const NOW_MS = Date.UTC(2026, 10, 21, 7, 24, 32, 373);
export const NOW = { sec: Math.floor(NOW_MS / 1000), nanos: 373_000_000 } as const;

/** A receiver in the test's own process, with a clock that the test drives. */
export interface LocalReceiver {
  readonly receiver: Receiver;
  readonly clock: ManualClock;
  readonly url: string;
  /** Pushes and returns status and text. */
  push(...streams: TestStream[]): Promise<{ status: number; text: string }>;
  get(path: string): Promise<Response>;
  /** The lines kept, in order of arrival, as `labels line`. */
  stored(): Promise<string[]>;
}

/** Starts one on a free port; it ends with the test. */
export async function startLocalReceiver(
  scope: TestScope,
  options: Partial<ReceiverOptions> = {},
): Promise<LocalReceiver> {
  const clock = new ManualClock(NOW_MS);
  const receiver = new Receiver(options, { clock, log: silentLogger });
  await receiver.start();
  scope.after(() => receiver.close());
  const { url } = receiver;
  return {
    receiver,
    clock,
    url,
    async push(...streams) {
      const response = await pushStreams(url, streams);
      return { status: response.status, text: await response.text() };
    },
    get: path => fetch(url + path),
    async stored() {
      const text = await (await fetch(`${url}/export`)).text();
      const lines = text.split('\n').filter(line => line !== '');
      return lines.map(line => {
        const { labels, line: content } = JSON.parse(line) as {
          labels: Record<string, string>;
          line: string;
        };
        return `${JSON.stringify(labels)} ${content}`;
      });
    },
  };
}

/** A stream of lines a nanosecond apart, the first of them now. */
export function streamOf(labels: string, ...lines: readonly string[]): TestStream {
  return { labels, entries: lines.map((line, i) => ({ sec: NOW.sec, nanos: NOW.nanos + i, line })) };
}
