import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type FSWatcher, watch } from 'chokidar';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { fileSource, temporaryFolder } from '../../../test/helpers/file-source.ts';
import { sourceContext } from '../../../test/helpers/source-context.ts';
import { Discovery } from './discovery.ts';
import { PathRules } from './globs.ts';
import type { FileSource } from './source.ts';

interface Rig {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly discovery: Discovery;
  /** Paths at which files are known. */
  readonly known: string[];
  /** Paths at which files are read soon in any case. */
  readonly readSoon: Set<string>;
  /** Names that were touched since the last `forget`. */
  readonly touched: Set<string>;
  /** Resolves when a name was touched. */
  untilTouched(name: string): Promise<void>;
}

async function rig(
  t: TestContext,
  mode: FileSource['watch'],
  watchFolders: typeof watch = watch,
): Promise<Rig> {
  // Before the folder is removed: to watch what vanishes is another test.
  t.after(() => discovery.close());
  const folder = await temporaryFolder(t);
  const clock = new ManualClock();
  const source = fileSource({ paths: [join(folder, '**/*.log')], watch: mode });
  const touched = new Set<string>();
  const changes = new EventEmitter();
  const tell = (path: string): void => {
    touched.add(path.slice(folder.length + 1));
    changes.emit('touched');
  };
  const known: string[] = [];
  const readSoon = new Set<string>();
  const discovery = new Discovery({
    context: sourceContext(source, { clock }),
    rules: new PathRules({ paths: source.paths, exclude: [], ownPaths: [] }),
    touched: tell,
    written: tell,
    isReadSoon: path => readSoon.has(path),
    watched: () => 1,
    known: () => known,
    watchFolders,
  });
  const untilTouched = async (name: string): Promise<void> => {
    while (!touched.has(name)) await new Promise(resolve => changes.once('touched', resolve));
  };
  return { folder, clock, discovery, known, readSoon, touched, untilTouched };
}

/** What `watch` of chokidar gives on a machine that has no watches left. */
const noWatchesLeft = ((folders, options) => {
  const watcher = watch(folders, options);
  watcher.once('ready', () => {
    watcher.emit('error', Object.assign(new Error('no watches left'), { code: 'ENOSPC' }));
  });
  return watcher;
}) satisfies typeof watch;

/** Chokidar's `watch`, which puts what it makes into `watchers`. */
function recordingWatch(watchers: FSWatcher[]): typeof watch {
  return (folders, options) => {
    const watcher = watch(folders, options);
    watchers.push(watcher);
    return watcher;
  };
}

describe('Discovery', () => {
  it('tells of files that appear, change, move and go', async t => {
    const { folder, discovery, touched, untilTouched } = await rig(t, 'events');
    await writeFile(join(folder, 'there.log'), '');
    assert.deepEqual(await discovery.start(), [join(folder, 'there.log')]);
    assert.equal(discovery.mode, 'events');
    await appendFile(join(folder, 'there.log'), 'x');
    await untilTouched('there.log');
    touched.clear();
    await rename(join(folder, 'there.log'), join(folder, 'moved.log'));
    await untilTouched('there.log');
    await untilTouched('moved.log');
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await writeFile(join(folder, 'a/b/deep.log'), '');
    await untilTouched('a/b/deep.log');
    touched.clear();
    await rm(join(folder, 'a'), { recursive: true });
    await untilTouched('a/b/deep.log');
  });

  it('says nothing of lines in a file that is read soon, but where its link leads to then (F12)', async t => {
    const { folder, discovery, readSoon, touched, untilTouched } = await rig(t, 'events');
    const link = join(folder, 'link.log');
    const targets = [await temporaryFolder(t), await temporaryFolder(t)].map(other => join(other, 'log'));
    for (const target of targets) await writeFile(target, '');
    await symlink(targets[0]!, link);
    await discovery.start();
    readSoon.add(link);
    await appendFile(targets[0]!, 'x');
    await writeFile(join(folder, 'new.log'), '');
    await untilTouched('new.log');
    assert.ok(!touched.has('link.log'));
    await symlink(targets[1]!, join(folder, 'next'));
    await rename(join(folder, 'next'), link);
    await untilTouched('link.log');
    await writeFile(join(folder, 'newer.log'), '');
    await untilTouched('newer.log');
    await appendFile(join(folder, 'newer.log'), 'x');
    touched.delete('newer.log');
    await untilTouched('newer.log');
    readSoon.clear();
    touched.clear();
    await appendFile(targets[1]!, 'x');
    await untilTouched('link.log');
  });

  it('notices the same by polling, with growing pauses while nothing happens', async t => {
    const { folder, clock, discovery, touched } = await rig(t, 'poll');
    await writeFile(join(folder, 'there.log'), '');
    assert.deepEqual(await discovery.start(), [join(folder, 'there.log')]);
    assert.equal(discovery.mode, 'poll');
    const untilPolled = async (name: string): Promise<void> => {
      while (!touched.has(name)) await clock.advance(500);
      touched.clear();
    };
    await appendFile(join(folder, 'there.log'), 'x');
    await untilPolled('there.log');
    await writeFile(join(folder, 'new.log'), '');
    await untilPolled('new.log');
    await rm(join(folder, 'new.log'));
    await untilPolled('new.log');
    await discovery.close();
    assert.equal(clock.armed, 0);
  });

  it('tells of a file that was found between two polls, and is gone at the next', async t => {
    const { folder, clock, discovery, known, touched } = await rig(t, 'poll');
    await discovery.start();
    known.push(join(folder, 'rotated.log'));
    while (!touched.has('rotated.log')) await clock.advance(500);
    await discovery.close();
  });

  it('polls while more events come than looking would cost, and listens again when it is calm', async t => {
    const { folder, clock, discovery, untilTouched, touched } = await rig(t, 'auto');
    await writeFile(join(folder, 'hot.log'), '');
    await discovery.start();
    while (discovery.mode === 'events') {
      await appendFile(join(folder, 'hot.log'), 'x');
      await clock.advance(1);
    }
    touched.clear();
    await appendFile(join(folder, 'hot.log'), 'x');
    while (!touched.has('hot.log')) await clock.advance(500);
    while (discovery.mode === 'poll') await clock.advance(500);
    assert.equal(clock.armed, 0);
    await writeFile(join(folder, 'new.log'), '');
    await untilTouched('new.log');
  });

  it('polls when the system has no watches left, at the start and later (F13)', async t => {
    const { folder, clock, discovery, touched } = await rig(t, 'events', noWatchesLeft);
    await discovery.start();
    while (discovery.mode === 'events') await clock.advance(0);
    await writeFile(join(folder, 'new.log'), '');
    while (!touched.has('new.log')) await clock.advance(500);
  });

  it('looks at everything after a burst in which the kernel may have dropped events', async t => {
    const watchers: FSWatcher[] = [];
    const { folder, clock, discovery, touched, untilTouched } = await rig(
      t,
      'events',
      recordingWatch(watchers),
    );
    await writeFile(join(folder, 'quiet.log'), '');
    await discovery.start();
    for (let i = 0; i < 10_000; i++) watchers[0]!.emit('raw', 'change', 'other.txt', { watchedPath: folder });
    assert.equal(touched.size, 0);
    await clock.advance(1000);
    await untilTouched('quiet.log');
    assert.equal(clock.armed, 0);
  });

  it('leaves nothing behind when it is closed while it switches', async t => {
    const watchers: FSWatcher[] = [];
    const { folder, clock, discovery } = await rig(t, 'auto', recordingWatch(watchers));
    await discovery.start();
    while (discovery.mode === 'events') {
      await appendFile(join(folder, 'hot.log'), 'x');
      await clock.advance(1);
    }
    while (watchers.length === 1) await clock.advance(500);
    await discovery.close();
    while (watchers.some(watcher => !watcher.closed)) await clock.advance(0);
    assert.equal(clock.armed, 0);
  });
});
