import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FaultFs } from '../../../pkg/fsx/fault-fs.ts';
import { nodeFs } from '../../../pkg/fsx/fs.ts';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import { batchOf, partOf } from '../../../test/helpers/batches.ts';
import { numbered, testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { makeFileSink } from '../../../test/helpers/file-sink.ts';
import { scopeOf } from '../../../test/helpers/scope.ts';

interface Rig {
  readonly folder: string;
  readonly fs: FaultFs;
  /** Sends lines of the stream `{job="JOB"}`. */
  send(job: string, ...lines: string[]): Promise<Outcome>;
  sendAll(lines: Readonly<Record<string, readonly string[]>>): Promise<Outcome>;
  text(name: string): string;
  close(): Promise<void>;
}

/** A sink that writes `{job}.log` in a folder of the test's own. */
async function rig(t: TestContext, config: object = {}): Promise<Rig> {
  const folder = await scopeOf(t).folder();
  const fs = new FaultFs(nodeFs);
  const sink = makeFileSink({ path: join(folder, '{job}.log'), ...config }, { fs });
  t.after(() => sink.close());
  const sendAll: Rig['sendAll'] = jobs => {
    const parts = Object.entries(jobs).map(([job, lines]) =>
      partOf(testChunk(lines, testStream({ job })).chunk),
    );
    return sink.send(batchOf(...parts), new AbortController().signal);
  };
  return {
    ...{ folder, fs, sendAll },
    send: (job, ...lines) => sendAll({ [job]: lines }),
    text: name => readFileSync(join(folder, name), 'utf8'),
    close: () => sink.close(),
  };
}

const DELIVERED = { kind: 'delivered' };

/** The numbers of the records that were left over, or `all`. */
function left(outcome: Outcome): readonly number[] | 'all' | undefined {
  if (outcome.kind !== 'retry') return undefined;
  return outcome.rest === undefined ? 'all' : [...outcome.rest];
}

test('text is the line as it was read, one after another, behind what was there', async t => {
  const { folder, send, text } = await rig(t);
  writeFileSync(join(folder, 'web.log'), 'old\n');
  assert.deepEqual(await send('web', 'one \x1b[31m', '', 'a trace\n  at x'), DELIVERED);
  assert.deepEqual(await send('web', 'two'), DELIVERED);
  assert.equal(text('web.log'), 'old\none \x1b[31m\n\na trace\n  at x\ntwo\n');
});

test('half a line that a killed agent left is ended, so that its repetition is whole', async t => {
  const { folder, send, text } = await rig(t);
  writeFileSync(join(folder, 'web.log'), 'whole\nha');
  await send('web', 'half');
  assert.equal(text('web.log'), 'whole\nha\nhalf\n');
});

test('a full disk leaves no half line, and what is sent again is there once', async t => {
  const { fs, send, text } = await rig(t);
  await send('web', 'before');
  fs.fail(
    { kind: 'write', nth: 2, effect: 'short', bytes: 3 },
    { kind: 'write', nth: 3, effect: 'fail', code: 'ENOSPC' },
  );
  const outcome = await send('web', 'one', 'two');
  assert.equal(left(outcome), 'all');
  assert.match(outcome.kind === 'retry' ? outcome.failure.message : '', /web\.log: ENOSPC/);
  assert.equal(text('web.log'), 'before\n');
  assert.deepEqual(await send('web', 'one', 'two'), DELIVERED);
  assert.equal(text('web.log'), 'before\none\ntwo\n');
});

test('where not even half a line can be taken back, it is before the next write', async t => {
  const { fs, send, text } = await rig(t);
  await send('web', 'before');
  fs.fail(
    { kind: 'write', nth: 2, effect: 'short', bytes: 3 },
    { kind: 'write', nth: 3, effect: 'fail', code: 'EIO' },
    { kind: 'truncate', nth: 1, effect: 'fail', code: 'EIO' },
  );
  assert.equal(left(await send('web', 'one')), 'all');
  assert.equal(text('web.log'), 'before\none');
  assert.deepEqual(await send('web', 'one'), DELIVERED);
  assert.equal(text('web.log'), 'before\none\n');
});

test('of a long batch, the pieces that were written are delivered', async t => {
  const { fs, send, text } = await rig(t);
  const lines = numbered('x'.repeat(1000), 600);
  fs.fail({ kind: 'write', nth: 2, effect: 'fail', code: 'ENOSPC' });
  const rest = left(await send('web', ...lines));
  assert.ok(Array.isArray(rest) && rest.length > 0 && rest.length < 600);
  await send('web', ...rest.map(number => lines[number]!));
  assert.deepEqual(text('web.log').split('\n').slice(0, -1), lines);
});

test('one file that cannot be written does not hold up the others', async t => {
  const { folder, sendAll, text } = await rig(t);
  mkdirSync(join(folder, 'bad.log'));
  const outcome = await sendAll({ good: ['g0'], bad: ['b0', 'b1'], fine: ['f0'] });
  assert.deepEqual(left(outcome), [1, 2]);
  assert.equal(text('good.log') + text('fine.log'), 'g0\nf0\n');
});

test('a name that no file can have is refused for good', async t => {
  const { sendAll, text } = await rig(t, {});
  const long = makeFileSink({ path: `/tmp/{job}${'x'.repeat(300)}` });
  t.after(() => long.close());
  const batch = batchOf(partOf(testChunk(['x'], testStream({ job: 'web' })).chunk));
  const outcome = await long.send(batch, new AbortController().signal);
  assert.equal(outcome.kind === 'rejected' && outcome.refusals[0]!.kind, 'rejected');
  assert.deepEqual(await sendAll({ web: ['x'] }), DELIVERED);
  assert.equal(text('web.log'), 'x\n');
});

test('a file that was moved or deleted is made again', async t => {
  const { folder, send, text } = await rig(t);
  await send('web', 'one');
  renameSync(join(folder, 'web.log'), join(folder, 'web.log.1'));
  await send('web', 'two');
  assert.deepEqual([text('web.log.1'), text('web.log')], ['one\n', 'two\n']);
});

test('a file that somebody empties goes on from there', async t => {
  const { folder, fs, send, text } = await rig(t, { rotate: { max_bytes: 100, compress: false } });
  await send('web', 'x'.repeat(80));
  writeFileSync(join(folder, 'web.log'), '');
  await send('web', 'y'.repeat(80));
  assert.equal(text('web.log'), `${'y'.repeat(80)}\n`);
  fs.fail({ kind: 'write', nth: 3, effect: 'fail', code: 'ENOSPC' });
  await send('web', 'z');
  assert.equal(text('web.log'), `${'y'.repeat(80)}\n`);
});

test('more files than may be open take turns', async t => {
  const { folder, fs, sendAll } = await rig(t);
  const jobs = Object.fromEntries(numbered('job', 200).map(job => [job, ['one']]));
  for (let round = 0; round < 2; round++) assert.deepEqual(await sendAll(jobs), DELIVERED);
  const open = fs.calls.filter(({ kind, path }) => kind === 'open' && path.endsWith('.log')).length;
  const closed = fs.calls.filter(({ kind, path }) => kind === 'close' && path.endsWith('.log')).length;
  assert.ok(open - closed <= 65, `${open - closed} open`);
  for (const name of readdirSync(folder))
    assert.equal(readFileSync(join(folder, name), 'utf8'), 'one\none\n');
});

test('files are synced when they are closed', async t => {
  const { fs, sendAll, close } = await rig(t);
  await sendAll({ a: ['x'], b: ['y'] });
  await close();
  const [last, before] = [fs.calls.slice(-4), ['sync', 'sync', 'close', 'close']];
  assert.deepEqual(last.map(({ kind }) => kind).sort(), [...before].sort());
});

test('sync: write delivers what would survive a loss of power', async t => {
  const { fs, send } = await rig(t, { sync: 'write' });
  await send('web', 'one');
  assert.equal(fs.calls.at(-1)!.kind, 'datasync');
  fs.fail({ kind: 'datasync', nth: 2, effect: 'fail', code: 'EIO' });
  assert.equal(left(await send('web', 'two')), 'all');
});
