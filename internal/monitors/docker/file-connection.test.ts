import assert from 'node:assert/strict';
import { appendFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Clock, systemClock } from '../../../pkg/clock/clock.ts';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { CollectingPublisher } from '../../../test/helpers/collecting-publisher.ts';
import { engineConfig, engineContext, testContainer, trackOf } from '../../../test/helpers/engine-context.ts';
import { temporaryFolder } from '../../../test/helpers/file-source.ts';
import { MemoryPositions } from '../../../test/helpers/memory-positions.ts';
import { RecordingLogger } from '../../../test/helpers/recording-logger.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { connectTo } from './connect.ts';
import { ContainerLines } from './container-lines.ts';
import { engineCounters } from './context.ts';
import { FileConnection } from './file-connection.ts';
import { LogConnection } from './log-connection.ts';

const SEC = 1_700_000_000;

/** Entries of json-file, one a second. */
function entries(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => {
    const time = new Date((SEC + from + i) * 1000).toISOString();
    return `${JSON.stringify({ log: `line ${from + i}\n`, stream: 'stdout', time })}\n`;
  }).join('');
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}`);

interface Bench {
  readonly path: string;
  readonly publisher: CollectingPublisher;
  readonly logger: RecordingLogger;
  readonly metrics: MetricsRegistry;
  connect(): FileConnection;
}

async function bench(t: TestContext, clock: Clock = systemClock): Promise<Bench> {
  const path = join(await temporaryFolder(t), 'c-json.log');
  const publisher = new CollectingPublisher();
  const positions = new MemoryPositions();
  const container = testContainer({ logPath: path });
  const logger = new RecordingLogger();
  const metrics = new MetricsRegistry();
  const counters = engineCounters(metrics, 'test');
  const context = engineContext({ positions, publisher, clock, logger, counters });
  const lines = new ContainerLines(context, trackOf(positions, container), container);
  return { path, publisher, logger, metrics, connect: () => new FileConnection(context, path, lines) };
}

describe('FileConnection', () => {
  it('sends what is there, what comes, and what the engine rotated; ends when the container has', async t => {
    const { path, publisher, connect } = await bench(t);
    await writeFile(path, entries(0, 10));
    const connection = connect();
    const running = connection.run();
    await publisher.untilRecords(10);
    await appendFile(path, entries(10, 20));
    await rename(path, `${path}.1`);
    await writeFile(path, entries(20, 30));
    await publisher.untilRecords(30);
    // A removed container's file is read to its end all the same.
    await appendFile(path, entries(30, 40));
    await rm(dirname(path), { recursive: true });
    connection.finish();
    assert.deepEqual(await running, { end: { kind: 'complete' }, brought: 'news' });
    assert.deepEqual(publisher.lines, numbered(0, 40));
  });

  it('goes on where another connection stopped', async t => {
    const { path, publisher, connect } = await bench(t);
    for (let n = 0; n < 5; n++) {
      await appendFile(path, entries(n * 10, n * 10 + 10));
      const connection = connect();
      const running = connection.run();
      await publisher.untilRecords(n * 10 + 10);
      connection.close();
      assert.equal((await running).end.kind, 'cut');
    }
    assert.deepEqual(publisher.lines, numbered(0, 50));
  });

  it('counts what of a compressed file is damaged, and tells of it once, however often it is read', async t => {
    const { path, publisher, connect, logger, metrics } = await bench(t);
    const packed = gzipSync(entries(0, 20_000));
    await writeFile(`${path}.1.gz`, packed.fill(0xff, 50_000));
    await writeFile(path, entries(20_000, 20_010));
    for (let n = 0; n < 3; n++) {
      await appendFile(path, entries(20_010 + n, 20_011 + n));
      const connection = connect();
      const running = connection.run();
      await publisher.until(() => publisher.lines.at(-1) === `line ${20_010 + n}`);
      connection.close();
      await running;
    }
    const torn = publisher.lines.findIndex(line => !line.startsWith('line '));
    assert.deepEqual(publisher.lines.slice(0, torn), numbered(0, torn));
    assert.deepEqual(publisher.lines.slice(torn + 1), numbered(20_000, 20_013));
    assert.equal(logger.count(`docker.damaged.${'c'.repeat(64)}`), 1);
    const scraped = await metrics.text();
    assert.match(scraped, /docker_errors_total\{source="test",kind="damaged"\} 1\n/);
    const lost = /logs_lost_bytes_total\{source="test",reason="damaged"\} (\d+)/.exec(scraped)?.[1];
    assert.ok(Math.abs(Number(lost) - packed.length + 50_000) < 20_000, lost);
  });

  it('goes on where it stopped also when the clock was set back', async t => {
    const { path, publisher, connect } = await bench(t);
    await writeFile(`${path}.1`, entries(0, 100));
    for (let n = 10; n < 40; n += 10) {
      await appendFile(path, entries(n, n + 10));
      const connection = connect();
      const running = connection.run();
      await publisher.untilRecords(90 + n + 10);
      connection.close();
      await running;
    }
    assert.deepEqual(publisher.lines, [...numbered(0, 100), ...numbered(10, 40)]);
  });

  it('arms no timer while nothing is written, and wakes up when something is', async t => {
    const clock = new ManualClock();
    const { path, publisher, connect } = await bench(t, clock);
    await writeFile(path, entries(0, 1));
    const connection = connect();
    const running = connection.run();
    await publisher.untilRecords(1);
    const turn = async (): Promise<void> => {
      if (clock.armed > 0) await clock.advance(10_000);
      await new Promise(resolve => setImmediate(resolve));
    };
    // It looks a few times more, and then waits for an event.
    for (let calm = 0; calm < 200; calm++) {
      if (clock.armed > 0) calm = 0;
      await turn();
    }
    await appendFile(path, entries(1, 2));
    while (publisher.records.length < 2) await turn();
    connection.close();
    await running;
  });
});

describe('connectTo', () => {
  it('reads files where they can be read, and else what the config allows', async t => {
    const path = join(await temporaryFolder(t), 'c-json.log');
    await writeFile(path, '');
    const cases = [
      ...([
        ['api', {}, 0, LogConnection],
        ['auto', {}, 0, FileConnection],
        ['auto', {}, 3, LogConnection],
      ] as const),
      ...([
        ['files', {}, 9, FileConnection],
        ['auto', { logDriver: 'local' }, 0, LogConnection],
      ] as const),
      ...([['auto', { logPath: `${path}.1` }, 0, LogConnection]] as const),
    ];
    for (const [read, given, failures, expected] of cases) {
      const container = testContainer({ logPath: path, ...given });
      const context = engineContext({ config: engineConfig({ read }) });
      await context.client.connect().catch(() => undefined);
      const lines = new ContainerLines(context, trackOf(new MemoryPositions(), container), container);
      const connection = await connectTo(container, lines, failures, context);
      assert.ok(connection instanceof expected, `${read} ${JSON.stringify(given)}`);
      connection.close();
      await connection.run();
    }
    const container = testContainer({ logDriver: 'local' });
    const context = engineContext({ config: engineConfig({ read: 'files' }) });
    const lines = new ContainerLines(context, trackOf(new MemoryPositions(), container), container);
    assert.equal(await connectTo(container, lines, 0, context), 'its log driver is local, not json-file');
  });
});
