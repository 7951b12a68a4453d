/** Whose turn it is: fairness, priority, age, and lines that are not whole yet. */
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived, keptBy } from '../helpers/arrivals.ts';
import { FileRun } from '../helpers/file-run.ts';
import { writeLogFile } from '../helpers/log-lines.ts';
import { NumberedLog } from '../helpers/numbered-log.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const BIG_BYTES = 300e6;
const SMALL_FILES = 100;
/** On a machine that does other things besides: whoever is held up waits for ever, for what holds it up has no end. */
const PATIENCE_MS = 30_000;
/** On such a machine; a file at rest is looked at every 20 s where there are no events. */
const AT_ONCE_MS = 10_000;

it('a big file does not hold up 100 small ones, nor does one that grows at full speed (F17)', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope, { limits: 'none', verifySequence: true, discard: 'decode' });
  const big = await writeLogFile(join(dir, 'big.log'), 'big', BIG_BYTES);
  const small = Array.from(
    { length: SMALL_FILES },
    (_, n) => new NumberedLog(`s${n}`, join(dir, `s${n}.log`)),
  );
  const agent = await startAgent(scope, { config: pathsToLoki([join(dir, '*.log')], receiver.url), dir });
  const writing = new AbortController();
  const growing = new NumberedLog('growing', join(dir, 'growing.log'));
  const grown = (async () => {
    for (; !writing.signal.aborted; await sleep(1)) growing.append(1000);
  })();
  scope.after(() => writing.abort());
  const ofSmall = async (): Promise<number> =>
    (await receiver.sequence()).sources.filter(({ source }) => source.startsWith('s')).length;
  for (const log of small) log.append(1);
  const startMs = performance.now();
  await until(ofSmall, files => files === SMALL_FILES);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < PATIENCE_MS, `small files waited for ${tookMs} ms`);
  writing.abort();
  await grown;
  await receiver.until(({ lines }) => lines >= big.lines + growing.lines + SMALL_FILES);
  const { sources } = await receiver.sequence();
  const sum = (key: 'missing' | 'duplicates' | 'resent' | 'outOfOrder'): number =>
    sources.reduce((total, source) => total + source[key], 0);
  assert.deepEqual([sum('missing'), sum('duplicates'), sum('resent'), sum('outOfOrder')], [0, 0, 0, 0]);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

for (const [low, queueSize, linesEach] of [
  [4, 2_000, 40_000],
  [1, 20_000, 100_000],
] as const)
  it(`while the queue is full, a source of high priority is read before ${low} of low priority`, async t => {
    const scope = scopeOf(t);
    const dir = await scope.folder();
    const receiver = await startReceiver(scope, { limits: 'none', faults: true });
    const names = ['high', ...Array.from({ length: low }, (_, n) => `low${n}`)];
    const logs = names.map(name => new NumberedLog(name, join(dir, `${name}.log`)));
    for (const log of logs) log.append(linesEach);
    const sources = logs.map(({ source, path }) => ({
      ...{ name: source, paths: [path] },
      priority: source === 'high' ? 'high' : 'low',
    }));
    const bounds = { queue_size: queueSize, batch_size: 500, workers: 1 };
    const config = { ...pathsToLoki([], receiver.url, bounds), file_monitor: { sources } };
    await receiver.faults({ faults: [{ action: 'answer', status: 503 }] });
    const agent = await startAgent(scope, { config, dir });
    await until(
      () => agent.files(),
      files =>
        files.length === names.length && files.every(({ waitsFor }) => waitsFor === 'room in the queue'),
    );
    await receiver.clearFaults();
    await assertArrived(receiver, logs);
    const arrived = (await keptBy(receiver)).map(({ line }) => line.split(' ', 1)[0]);
    const lowBefore = arrived.lastIndexOf('high') + 1 - linesEach;
    // Each of them in turn would be as many lines of each.
    assert.ok(lowBefore < 0.5 * low * linesEach, `${lowBefore} low lines came before the last high one`);
    await agent.assertBalanced();
    assert.equal(await agent.stop(), 0);
  });

it('rotated files that are there at the first start are read before what took their place, the oldest first', async t => {
  const run = await FileRun.begin(t, { paths: ['app.log*'], source: { labels: { filename: null } } });
  const log = run.log('app', 'app.log');
  for (let n = 0; n < 5; n++) {
    log.append(2000);
    await sleep(20);
    log.rotate();
  }
  log.append(10);
  await run.start();
  await run.assertArrived();
});

it('lines that come in pieces, ended by CRLF in two writes, across restarts and kills, come once and whole (F7, F10)', async t => {
  const run = await FileRun.begin(t, { paths: ['app.log'] });
  const log = run.log('app', 'app.log');
  await run.start();
  for (let n = 0; n < 6; n++) {
    const line = log.next(1).slice(0, -1);
    for (const piece of [line.slice(0, 30), line.slice(30), '\r']) {
      appendFileSync(log.path, piece);
      await sleep(100);
    }
    if (n === 2) await run.stop();
    if (n === 4) await run.kill9();
    if (n === 2 || n === 4) await run.start();
    assert.equal((await run.kept()).length, n, 'a line that is not whole');
    appendFileSync(log.path, '\n');
    await run.caughtUp();
  }
  await run.assertArrived();
});

it('UTF-16 is read on in the middle, and stack traces are one record, across a restart and a rotation (F10, F11)', async t => {
  const run = await FileRun.begin(t, {
    paths: ['app.log'],
    source: { encoding: 'utf-16le', multiline: { preset: 'java', timeout: '3s' } },
  });
  const log = run.log('app', 'app.log');
  const traces = Array.from(
    { length: 6 },
    (_, n) => `${log.next(1)}java.lang.Error: ${n} \u{1f63f}\n\tat A.b(C.java)\n`,
  );
  const bytes = traces.map((text, n) => Buffer.from((n % 2 === 0 ? '\ufeff' : '') + text, 'utf16le'));
  await run.start();
  for (const [n, trace] of bytes.entries()) {
    const half = trace.length - 17;
    appendFileSync(log.path, trace.subarray(0, half));
    if (n === 2) await run.stop();
    if (n === 4) await run.kill9();
    if (n === 2 || n === 4) await run.start();
    appendFileSync(log.path, trace.subarray(half));
    if (n % 2 === 1) log.rotate();
  }
  await run.receiver.until(({ lines }) => lines >= 12);
  const arrived = (await run.kept()).map(({ line }) => line);
  assert.deepEqual(arrived.join('\n'), traces.join('').trimEnd());
  assert.equal(arrived.length, 12);
  await run.agent.assertBalanced();
  await run.stop();
});

it('2 000 idle files cost no descriptors and one inotify instance, and the next line comes at once (F13)', async t => {
  const run = await FileRun.begin(t, { paths: ['*.log'] });
  for (let n = 0; n < 2000; n++) writeFileSync(run.path(`${n}.log`), '# idle\n');
  await run.start();
  await run.receiver.until(({ lines }) => lines >= 2000);
  const log = run.log('app', '1000.log');
  log.append(1);
  const startMs = performance.now();
  await run.caughtUp();
  assert.ok(performance.now() - startMs < AT_ONCE_MS);
  const folder = `/proc/${run.agent.pid}/fd`;
  const descriptors = await until(
    async () => readdirSync(folder).flatMap(fd => linkOf(join(folder, fd))),
    open => open.length < 100,
  );
  // One of libuv's own, for the agent's process as for any other.
  assert.ok(descriptors.filter(link => link === 'anon_inode:inotify').length <= 1, descriptors.join(', '));
  await run.assertArrived();
});

/** Where a descriptor leads; nothing when it was closed meanwhile. */
function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    return [];
  }
}
