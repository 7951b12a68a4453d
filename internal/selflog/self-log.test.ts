import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../pkg/clock/manual-clock.ts';
import { SelfLog } from './self-log.ts';
import type { LogConfig } from './spec.ts';

/** A log that writes into memory. */
function memoryLog(config: Partial<LogConfig> = {}) {
  const clock = new ManualClock();
  const written: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const log = new SelfLog({ level: 'info', format: 'json', ...config }, { clock, output });
  return { log, clock, lines: () => written.join('').split('\n').slice(0, -1) };
}

test('a JSON line has level, time, key, msg and the fields', () => {
  const { log, lines } = memoryLog();
  log.root.warn('file.unreadable', 'Cannot read the file.', { path: '/var/x', bytes: 3 });
  assert.deepEqual(
    lines().map(line => JSON.parse(line)),
    [
      {
        level: 'warn',
        time: '2023-11-14T22:13:20.000Z',
        key: 'file.unreadable',
        msg: 'Cannot read the file.',
        path: '/var/x',
        bytes: 3,
      },
    ],
  );
});

test('a text line reads from left to right', () => {
  const { log, lines } = memoryLog({ format: 'text' });
  log.root.info('agent.started', 'Ready.', { port: 8001, path: '/a b', sinks: ['loki'] });
  const expected =
    '2023-11-14T22:13:20.000Z INFO  agent.started: Ready. port=8001 path="/a b" sinks=["loki"]';
  assert.deepEqual(lines(), [expected]);
});

test('a field cannot stand in for what a line has of its own', () => {
  const { log, lines } = memoryLog();
  log.root.info('a', 'Said.', { level: 'error', msg: 'forged', time: 0, suppressed: 9 });
  const [line] = lines().map(text => JSON.parse(text));
  assert.equal(line.msg, 'Said.');
  assert.equal(line.msg_, 'forged');
  assert.equal(lines()[0]?.match(/"level":/g)?.length, 1);
});

for (const format of ['json', 'text'] as const) {
  test(`no data can start a line or colour one, or hide in it: ${format}`, () => {
    const unit = fc.constantFrom(
      '\n',
      '\r',
      '\x1b[31m',
      '\u009b2J',
      '\u2028',
      '\u202e',
      '\0',
      '\x7f',
      'a',
      '"',
      '\\',
      '=',
    );
    const hostile = fc.string({ unit, maxLength: 20 });
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, value, message) => {
        const { log, lines } = memoryLog({ format });
        log.root.child({ [name]: value }).error('k', message, { [`${name}2`]: { [name]: [value] } });
        assert.equal(lines().length, 1);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
        assert.doesNotMatch(lines()[0]!, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
        if (format === 'json') assert.equal(JSON.parse(lines()[0]!).msg, message);
      }),
    );
  });
}

test('lines of one key are throttled; the next one tells how many were held back', async () => {
  const { log, clock, lines } = memoryLog();
  for (let i = 0; i < 1000; i++) log.root.warn('sink.down', 'No answer.', { attempt: i });
  assert.equal(lines().length, 1);
  await clock.advance(10_000);
  log.root.warn('sink.down', 'No answer.');
  assert.equal(JSON.parse(lines()[1]!).suppressed, 999);
  assert.equal(clock.armed, 0);
});

test('levels, keys and children throttle on their own; equal children together', () => {
  const { log, lines } = memoryLog();
  log.root.warn('a', 'One.');
  log.root.error('a', 'Two.');
  log.root.warn('b', 'Three.');
  log.root.child({ sink: 'loki' }).warn('a', 'Four.');
  log.root.child({ sink: 'kafka' }).warn('a', 'Five.');
  log.root.child({ sink: 'kafka' }).warn('a', 'Held back.');
  assert.equal(lines().length, 5);
});

test('a line below the level is neither written nor counted; the level can change for all loggers', () => {
  const { log, lines } = memoryLog();
  const child = log.root.child({ source: 'varlogs' });
  child.debug('a', 'Hidden.');
  log.configure({ level: 'debug', format: 'json' });
  child.debug('a', 'Shown.');
  const [line] = lines().map(text => JSON.parse(text));
  assert.equal(line.msg, 'Shown.');
  assert.equal(line.suppressed, undefined);
  assert.equal(line.source, 'varlogs');
});
