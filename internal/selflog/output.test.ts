import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { BoundedOutput } from './output.ts';
import { SelfLog } from './self-log.ts';

/** A stream whose reader stops until `read` is called. */
function stalledStream() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      waiting.push(done);
    },
  });
  const read = async (): Promise<void> => {
    for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) {
      done();
      await new Promise(resolve => setImmediate(resolve));
    }
  };
  return { stream, written, read };
}

test('what a stopped reader costs is bounded in memory, counted, and told once somebody reads again', async () => {
  const { stream, written, read } = stalledStream();
  const clock = new ManualClock();
  const log = new SelfLog({ level: 'info', format: 'json' }, { clock, output: stream });
  for (let i = 0; i < 20_000; i++) log.root.info(`key ${i}`, 'x'.repeat(100));
  assert.ok(stream.writableLength < 300_000, `${stream.writableLength} bytes are kept`);
  await read();
  log.root.info('again', 'Read again.');
  await read();
  const lines = written.filter(text => text !== '').map(text => JSON.parse(text));
  const confession = lines.find(line => line.key === 'selflog.dropped');
  assert.equal(confession.lines + lines.length - 2, 20_000);
  assert.equal(lines.at(-1).key, 'again');
});

test('a flush ends when everything is written', async () => {
  const { stream, read } = stalledStream();
  const output = new BoundedOutput(stream);
  output.write('last words\n');
  const flushed = output.flush(new ManualClock(), 1000);
  await read();
  await flushed;
  assert.equal(stream.writableLength, 0);
});

test('a flush gives up at its deadline and leaves no timer', async () => {
  const clock = new ManualClock();
  const output = new BoundedOutput(stalledStream().stream);
  output.write('last words\n');
  const flushed = output.flush(clock, 1000);
  await clock.advance(1000);
  await flushed;
  assert.equal(clock.armed, 0);
});

test('a reader that goes away does not take the agent with it', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const output = new BoundedOutput(stream);
  output.write('lost\n');
  await new Promise(resolve => stream.once('close', resolve));
  output.write('lost as well\n');
  assert.equal(output.takeDropped(), 2);
});

const AGENT = `
  import { systemClock } from './pkg/clock/clock.ts';
  import { SelfLog } from './internal/selflog/self-log.ts';
  const log = new SelfLog({ level: 'info', format: 'json' }, { clock: systemClock, output: process.stderr });
  let line = 0;
  const turn = () => {
    for (let i = 0; i < 50; i++) log.root.info('key ' + line++, 'x'.repeat(1000));
    if (line < LINES) setImmediate(turn);
    else { process.stdout.write('done'); process.exit(0); }
  };
  turn();`;

function startAgent(lines: number) {
  const script = AGENT.replace('LINES', String(lines));
  const flags = ['--input-type=module', '--eval', script];
  return spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a full pipe neither stops the agent nor keeps it from exiting', async () => {
  const agent = startAgent(5000);
  const [said] = await once(agent.stdout, 'data');
  assert.equal(String(said), 'done');
  assert.deepEqual(await once(agent, 'exit'), [0, null]);
});

test('no line is lost when the process exits right after it', async () => {
  const agent = startAgent(50);
  const written: Buffer[] = [];
  agent.stderr.on('data', chunk => written.push(chunk));
  await once(agent, 'close');
  assert.equal(Buffer.concat(written).toString().match(/\n/g)?.length, 50);
});
