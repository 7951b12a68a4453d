import assert from 'node:assert/strict';
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';

/** Where `.ci/run` puts the jars of Apache Kafka; outside the checkout, so that they are fetched once. */
const KAFKA_JARS = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'log-capturer-test/kafka-4.1.0',
);

/** Where Java finds Kafka's classes. */
export const KAFKA_CLASS_PATH = join(KAFKA_JARS, '*');

/** A short life: a small heap, no time spent on optimising code; and UTF-8, whatever the locale is. */
const JVM = [
  ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'],
  ...['-Dfile.encoding=UTF-8', '-Dsun.stdout.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8'],
];

/** Whether there is a Kafka to start. */
export function hasKafkaJars(): boolean {
  return existsSync(join(KAFKA_JARS, 'kafka_2.13-4.1.0.jar'));
}

/** Whether there is a Kafka to test with; without it the test is skipped loudly, and fails in CI. */
export function hasKafka(context: TestContext): boolean {
  if (hasKafkaJars()) return true;
  const missing = `no Kafka in ${KAFKA_JARS}: see "kafka" in .ci/run`;
  assert.notEqual(process.env.CI, 'true', missing);
  context.skip(missing);
  return false;
}

/** Starts a class of Kafka's in a JVM of its own, with its output in a file. */
export function startJava(main: string, args: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  return spawn('java', [...JVM, '-cp', KAFKA_CLASS_PATH, main, ...args], {
    stdio: ['ignore', log, log],
  });
}

/** Runs one of Kafka's tools to its end and resolves with what it printed; rejects when it failed. */
export async function runKafkaTool(main: string, args: readonly string[]): Promise<string> {
  let printed = '';
  for await (const text of outputOfKafkaTool(main, args)) printed += text;
  return printed;
}

/** The same, piece by piece, no faster than it is read. */
export async function* outputOfKafkaTool(main: string, args: readonly string[]): AsyncGenerator<string> {
  const child = spawnKafkaTool(main, args);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'close');
  yield* child.stdout.setEncoding('utf8');
  const [code] = await ended;
  assert.equal(code, 0, `${main} ${args.join(' ')}\n${complaints}`);
}

/** Starts one of Kafka's tools, which says on stdout what it finds and on stderr only errors. */
export function spawnKafkaTool(
  main: string,
  args: readonly string[],
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(
    'java',
    [...JVM, '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', KAFKA_CLASS_PATH, main, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
}
