import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LocalReceiver, startLocalReceiver, streamOf } from '../../test/helpers/local-receiver.ts';
import type { TestScope } from '../../test/helpers/process.ts';

interface TailEvent {
  readonly skipped: number;
  readonly lines: readonly { labels: Record<string, string>; ts: string; line: string }[];
}

/** Follows a query; resolves with the events, once the receiver has opened the stream. */
async function follow(
  scope: TestScope,
  loki: LocalReceiver,
  query: string,
): Promise<AsyncGenerator<TailEvent>> {
  const aborted = new AbortController();
  scope.after(() => aborted.abort());
  const url = `${loki.url}/api/tail?${new URLSearchParams({ query })}`;
  const response = await fetch(url, { signal: aborted.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  return events(response);
}

async function* events(response: Response): AsyncGenerator<TailEvent> {
  let text = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + part).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) if (block.startsWith('data: ')) yield JSON.parse(block.slice(6)) as TailEvent;
  }
}

async function nextOf(tail: AsyncGenerator<TailEvent>): Promise<TailEvent> {
  const { value } = await tail.next();
  return value as TailEvent;
}

test('what matches is sent as it comes, with labels and time; what came before is not', async t => {
  const loki = await startLocalReceiver(t);
  await loki.push(streamOf('{job="a"}', 'before'));
  const tail = await follow(t, loki, '{job="a"} != "noise"');
  await loki.push(streamOf('{job="b"}', 'other'), streamOf('{job="a"}', 'noise', 'after'));
  const { skipped, lines } = await nextOf(tail);
  assert.equal(skipped, 0);
  assert.deepEqual(
    lines.map(({ line }) => line),
    ['after'],
  );
  assert.deepEqual(lines[0]!.labels, { job: 'a', service_name: 'a' });
});

test('of a flood the newest lines are sent, and the number of the others', async t => {
  const loki = await startLocalReceiver(t);
  const tail = await follow(t, loki, '{}');
  await loki.push(streamOf('{job="a"}', ...Array.from({ length: 20_000 }, (_, i) => `line ${i}`)));
  const { skipped, lines } = await nextOf(tail);
  assert.equal(skipped + lines.length, 20_000);
  assert.equal(lines.length, 200);
  assert.equal(lines.at(-1)!.line, 'line 19999');
});

test('a query that is not understood is a 400', async t => {
  const loki = await startLocalReceiver(t);
  assert.equal((await loki.get('/api/tail?query=nonsense')).status, 400);
});

test('the page is there, takes nothing from outside, and puts data in as text only', async t => {
  const loki = await startLocalReceiver(t);
  const response = await loki.get('/');
  const page = await response.text();
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.doesNotMatch(page, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  assert.doesNotMatch(page, /(?:src|href)="(?!data:,")/);
});
