/** What stands in the folder of logs and is no log, and logs that are none any more. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { FileRun } from '../helpers/file-run.ts';
import { until } from '../helpers/until.ts';

const MIB = 1024 ** 2;
const LONG_LINE_BYTES = 100 * MIB;
const NUL_BYTES = 1024 * MIB;
/** What a queue of 64 MiB may make of the memory, and no more. */
const MAX_RSS_MB = 400;

/** The most memory that a process ever had. */
function peakRssMb(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!;
  return Number(kib) / 1024;
}

it('FIFOs, sockets, devices, folders and links to them are left alone, whatever their names', async t => {
  const run = await FileRun.begin(t, { paths: ['*.log'] });
  execFileSync('mkfifo', [run.path('fifo.log')]);
  const server = createServer().listen(run.path('socket.log'));
  run.scope.after(() => void server.close());
  symlinkSync('/dev/zero', run.path('zero.log'));
  symlinkSync('/dev/tty', run.path('tty.log'));
  symlinkSync(run.path('fifo.log'), run.path('link.log'));
  symlinkSync(run.path('loop.log'), run.path('loop.log'));
  mkdirSync(run.path('folder.log'));
  const log = run.log('app', 'app.log');
  log.append(10);
  await run.start();
  await run.caughtUp();
  execFileSync('mkfifo', [run.path('later.log')]);
  log.append(10);
  await run.caughtUp();
  assert.deepEqual(
    (await run.agent.files()).map(({ path }) => path),
    [log.path],
  );
  await run.assertArrived();
});

it('a line of 100 MB that never ends is cut, counted and overcome, in bounded memory (F9)', async t => {
  const run = await FileRun.begin(t, { paths: ['*.log'] });
  const endless = openSync(run.path('endless.log'), 'w');
  for (let written = 0; written < LONG_LINE_BYTES; written += MIB) writeSync(endless, Buffer.alloc(MIB, 'x'));
  const log = run.log('app', 'app.log');
  await run.start();
  log.append(100);
  await run.caughtUp();
  const lost = 'log_capturer_logs_lost_bytes_total{source="app",reason="line_too_long"}';
  await until(
    () => run.agent.metrics(),
    metrics => (metrics.get(lost) ?? 0) === LONG_LINE_BYTES - 256 * 1024,
  );
  // Long after its line was cut the file goes on as any other.
  const rest = run.log('rest', 'endless.log');
  writeSync(endless, `\n`);
  closeSync(endless);
  rest.append(100);
  await run.receiver.until(({ lines }) => lines >= 201);
  const kept = await run.kept();
  assert.deepEqual(
    kept.flatMap(({ line }) => (line.startsWith('x') ? [line.length] : [])),
    [256 * 1024],
  );
  assert.equal(kept.filter(({ line }) => line.startsWith('rest ')).length, 100);
  assert.ok(peakRssMb(run.agent.pid) < MAX_RSS_MB, `${peakRssMb(run.agent.pid)} MB`);
  await run.agent.assertBalanced();
  await run.stop();
});

it('1 GB of NULs after a power cut is skipped and counted, in bounded memory', async t => {
  const run = await FileRun.begin(t, { paths: ['app.log'] });
  const log = run.log('app', 'app.log');
  log.append(100);
  const hole = openSync(log.path, 'a');
  const { length } = readFileSync(log.path);
  ftruncateSync(hole, length + NUL_BYTES);
  closeSync(hole);
  log.append(100);
  await run.start();
  await run.caughtUp();
  const metrics = await run.agent.metrics();
  assert.equal(metrics.get('log_capturer_logs_lost_bytes_total{source="app",reason="nul"}'), NUL_BYTES);
  assert.ok(peakRssMb(run.agent.pid) < MAX_RSS_MB, `${peakRssMb(run.agent.pid)} MB`);
  await run.assertArrived();
});

it('a file that shrinks while it is read, and grows past its old size, is read from the start', async t => {
  const run = await FileRun.begin(t, { paths: ['app.log'] });
  const log = run.log('app', 'app.log');
  await run.start();
  for (let n = 0; n < 5; n++) {
    log.append(1000);
    await run.caughtUp();
    truncateSync(log.path);
    appendFileSync(log.path, log.next(n % 2 === 0 ? 1500 : 10));
    await run.caughtUp();
    truncateSync(log.path);
  }
  log.append(1);
  await run.assertArrived();
});

it('files that were not written for `ignore_older` are left alone until they are written', async t => {
  const run = await FileRun.begin(t, { paths: ['*.log'], source: { ignore_older: '1h' } });
  writeFileSync(run.path('old.log'), '# nobody asked for this\n');
  const hourAgo = Date.now() / 1000 - 3700;
  utimesSync(run.path('old.log'), hourAgo, hourAgo);
  const fresh = run.log('fresh', 'fresh.log');
  fresh.append(10);
  await run.start();
  await run.caughtUp();
  const old = run.log('old', 'old.log');
  old.append(10);
  await run.caughtUp();
  assert.ok(!(await run.receiver.lines()).some(line => line.startsWith('#')));
  await run.assertArrived();
});
