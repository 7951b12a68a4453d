/** The receiver as a process of its own, through the command line, as tests and benchmarks use it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushStreams } from '../helpers/encode-push.ts';
import { judge } from '../helpers/oracle.ts';
import { startProgram } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';

const nowSec = Math.floor(Date.now() / 1000);

function numbered(from: number, to: number): { sec: number; nanos: number; line: string }[] {
  return Array.from({ length: to - from }, (_, i) => ({
    sec: nowSec,
    nanos: from + i,
    line: `app ${from + i} text`,
  }));
}

test('pushed lines can be counted, waited for, queried and judged', async t => {
  const receiver = await startReceiver(t, { verifySequence: true });
  const reached = receiver.until(({ lines }) => lines === 100);
  await pushStreams(receiver.url, [{ labels: '{job="a"}', entries: numbered(0, 50) }]);
  await pushStreams(receiver.url, [{ labels: '{job="a"}', entries: numbered(50, 100) }]);
  await reached;
  assert.equal((await receiver.lines('{job="a"}')).at(-1), 'app 99 text');
  assert.equal((await receiver.sequence()).sources[0]?.distinct, 100);
  const expected = { sources: { app: 100 }, line: (source: string, n: number) => `${source} ${n} text` };
  const verdict = await judge(expected, receiver.export());
  assert.deepEqual(verdict, { missing: 0, duplicates: 0, outOfOrder: 0, changed: 0 });
});

test('faults can be set and taken back', async t => {
  const receiver = await startReceiver(t, { faults: true, limits: 'none' });
  const push = (): Promise<Response> =>
    pushStreams(receiver.url, [{ labels: '{job="a"}', entries: [{ sec: 0, nanos: 0, line: 'x' }] }]);
  await receiver.faults({ faults: [{ action: 'answer', status: 503 }] });
  assert.equal((await push()).status, 503);
  await receiver.clearFaults();
  assert.equal((await push()).status, 204);
});

test('it ends when it is told to, with a tail open, and its port is free again', async t => {
  const receiver = await startReceiver(t);
  const tail = await fetch(`${receiver.url}/api/tail`);
  await receiver.stop();
  await assert.rejects(tail.text());
  const again = await startReceiver(t, { port: receiver.port });
  assert.equal(again.port, receiver.port);
});

test('a port that is taken is an error that says so', async t => {
  const receiver = await startReceiver(t);
  const second = startProgram(t, ['receive', '--port', String(receiver.port)]);
  assert.equal(await second.exited, 1);
  assert.match(
    second.stderr(),
    /LC_SERVER_LISTEN: the receiver cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
  );
});

test('options that make no sense are refused before anything starts', async t => {
  for (const args of [
    ['--port', 'x'],
    ['--max-bytes', 'much'],
    ['--discard', 'some'],
    ['--limits', 'few'],
  ]) {
    const program = startProgram(t, ['receive', ...args]);
    assert.equal(await program.exited, 2, args.join(' '));
  }
});
