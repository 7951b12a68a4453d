/** Debian's own logrotate under a writer that never pauses (F1, F2, F6), while the agent runs, ends and is killed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { assertArrived, keptBy } from '../helpers/arrivals.ts';
import { DaemonWriter } from '../helpers/daemon-writer.ts';
import { hasLogrotate, logrotate } from '../helpers/logrotate.ts';
import { startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const ROTATIONS = 8;
const LINES = 1000;
/** How long the last lines may take. */
const SETTLE_MS = 20_000;

interface Case {
  readonly directives: readonly string[];
  readonly pattern: string;
  readonly compressed?: 'read';
}

/** Rotates under a writer, with the agent down on some occasions; `settled` says when all that can come has come. */
async function rotated(
  t: TestContext,
  { directives, pattern, compressed }: Case,
  settled: (writer: DaemonWriter, receiver: TestReceiver, dir: string) => Promise<void>,
): Promise<void> {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const source = { name: 'app', paths: [join(dir, pattern)], ...(compressed && { compressed }) };
  const config = { ...pathsToLoki([], receiver.url), file_monitor: { sources: [source] } };
  const writer = new DaemonWriter('app', join(dir, 'app.log'));
  scope.after(() => writer.end());
  const rotate = logrotate(writer, dir, directives);
  let agent = await startAgent(scope, { config, dir });
  const isSkipped = directives.includes('compress') && compressed === undefined;
  let rotatedLines = 0;
  // Copies of what nobody ever read are not looked for where they do not match.
  await receiver.until(stats => stats.lines > 0);
  for (let n = 1; n <= ROTATIONS; n++) {
    await writer.more(LINES);
    // Nobody reads what is in archives that are skipped: while the agent is down only what it has read is compressed.
    const isDown = n === 3 || n === 6;
    if (isDown && isSkipped) await receiver.until(stats => stats.lines >= rotatedLines);
    if (n === 3) assert.equal(await agent.stop(), 0, agent.process.stderr());
    if (n === 6) await agent.kill9();
    await writer.more(LINES);
    // A date that comes twice is not rotated twice.
    if (directives.includes('dateext')) await nextSecond();
    await rotate();
    rotatedLines = writer.lines;
    await writer.more(LINES);
    if (isDown) agent = await startAgent(scope, { config, dir });
  }
  await writer.end();
  await settled(writer, receiver, dir);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0, agent.process.stderr());
}

function nextSecond(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1010 - (Date.now() % 1000)));
}

/** Lines that are on the disk at last: what logrotate lost between its copy and the truncation is not. */
function linesOnDisk(dir: string): Map<string, number> {
  const lines = new Map<string, number>();
  for (const name of readdirSync(dir)) {
    if (!name.startsWith('app.log')) continue;
    const bytes = readFileSync(join(dir, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    for (const line of text.split('\n').slice(0, -1)) lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  return lines;
}

/** Every whole line that is on the disk arrived, and none twice. */
async function everyLineThatIsLeft(_: DaemonWriter, receiver: TestReceiver, dir: string): Promise<void> {
  const onDisk = linesOnDisk(dir);
  const missing = async (): Promise<string[]> => {
    const arrived = new Set((await keptBy(receiver)).map(({ line }) => line));
    return [...onDisk.keys()].filter(line => !arrived.has(line));
  };
  const deadlineMs = performance.now() + SETTLE_MS;
  while (performance.now() < deadlineMs && (await missing()).length > 0) await receiver.stats();
  assert.deepEqual(await missing(), []);
  const arrived = (await keptBy(receiver)).map(({ line }) => line);
  assert.equal(arrived.length, new Set(arrived).size, 'lines that arrived twice');
}

const CASES: Readonly<Record<string, Case>> = {
  'create, only the file itself is read': { directives: ['create'], pattern: 'app.log' },
  'create, rotated files are read too': { directives: ['create'], pattern: 'app.log*' },
  dateext: { directives: ['create', 'dateext', 'dateformat -%Y%m%d-%s'], pattern: 'app.log*' },
  'nocreate, only the file itself is read': { directives: ['nocreate'], pattern: 'app.log' },
  'compress, archives are read': {
    directives: ['create', 'compress'],
    pattern: 'app.log*',
    compressed: 'read',
  },
  'delaycompress, archives are skipped': {
    directives: ['create', 'compress', 'delaycompress'],
    pattern: 'app.log*',
  },
  'compress and dateext, archives are read': {
    directives: ['create', 'compress', 'dateext', 'dateformat -%Y%m%d-%s'],
    pattern: 'app.log*',
    compressed: 'read',
  },
};

for (const [name, each] of Object.entries(CASES)) {
  it(`logrotate ${name}: every line once`, async t => {
    if (!hasLogrotate(t)) return;
    // A file that is first seen under its second name is a stream of its own.
    const order = each.pattern === 'app.log' ? 'in order' : 'in any order';
    await rotated(t, each, (writer, receiver) => assertArrived(receiver, [writer], order));
  });
}

const COPIED: Readonly<Record<string, Case>> = {
  'copytruncate, only the file itself is read': { directives: ['copytruncate'], pattern: 'app.log' },
  'copytruncate, copies match too': { directives: ['copytruncate'], pattern: 'app.log*' },
  'copytruncate and delaycompress, archives are read': {
    directives: ['copytruncate', 'compress', 'delaycompress'],
    pattern: 'app.log*',
    compressed: 'read',
  },
  'copytruncate and compress, archives are read': {
    directives: ['copytruncate', 'compress'],
    pattern: 'app.log*',
    compressed: 'read',
  },
  'copytruncate and compress, only the file itself is read': {
    directives: ['copytruncate', 'compress'],
    pattern: 'app.log',
    compressed: 'read',
  },
  'copytruncate and dateext': {
    directives: ['copytruncate', 'dateext', 'dateformat -%Y%m%d-%s'],
    pattern: 'app.log*',
  },
  copy: { directives: ['copy'], pattern: 'app.log*' },
};

for (const [name, each] of Object.entries(COPIED)) {
  it(`logrotate ${name}: every line that it leaves, once`, async t => {
    if (hasLogrotate(t)) await rotated(t, each, everyLineThatIsLeft);
  });
}
