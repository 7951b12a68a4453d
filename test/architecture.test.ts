import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  importCircle,
  readTracked,
  type SourceFile,
  sourceFiles,
  trackedFiles,
} from './helpers/source-tree.ts';

const TOP_LEVEL = [
  '.ci',
  '.gitignore',
  'LICENSE',
  'README.md',
  'biome.json',
  'cmd',
  'configs',
  'deploy',
  'internal',
  'package-lock.json',
  'package.json',
  'pkg',
  'test',
  'tsconfig.build.json',
  'tsconfig.json',
];
const MAX_LINES = 250;
/** Names of the machine this was built on; in pieces, so that this file does not hold them. */
const FORBIDDEN = [
  ['/wo', 'rk/'],
  ['registry.', 'npmjs'],
  ['.lib', 'rary/'],
  ['find_', 'repos'],
  ['find_', 'string'],
  ['read_', 'file('],
].map(pieces => pieces.join(''));

const files = sourceFiles();

/** What those outside of `internal` may take from it. */
const OUTSIDE: Readonly<Record<string, RegExp>> = {
  cmd: /^internal\/(app|config)\//,
  deploy: /^internal\/(config|metrics)\//,
};

/** Folders that are no monitors, but parts of what all monitors use. */
const SHARED_BY_MONITORS = ['encodings', 'formats', 'multiline'];

/** The room a file is in: `pkg/queue`, `internal/sinks/loki`, `cmd`, `test`. */
function roomOf(path: string): string {
  const [top = '', second = '', third = '', fourth] = path.split('/');
  if (top === 'cmd' || top === 'test') return top;
  // Monitors and sinks are rooms of their own; what lies beside them is for all of them.
  const isShared = second === 'monitors' && SHARED_BY_MONITORS.includes(third);
  if (
    top === 'internal' &&
    (second === 'monitors' || second === 'sinks') &&
    fourth !== undefined &&
    !isShared
  )
    return `${top}/${second}/${third}`;
  return `${top}/${second}`;
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** Why a file must not import something, or `undefined` when it may. */
function objection(from: string, target: string): string | undefined {
  const room = roomOf(from);
  if (room === 'test' || target.startsWith('node:')) return undefined;
  if (!target.includes('/') || !/^(cmd|configs|deploy|internal|pkg|test)\//.test(target))
    return packageObjection(from, target);
  if (roomOf(target) === room || (isTest(from) && target.startsWith('test/helpers/'))) return undefined;
  if (target.startsWith('pkg/')) return undefined;
  if (room.startsWith('pkg/')) return 'pkg imports node and pkg only';
  const outside = OUTSIDE[room.split('/')[0]!];
  if (outside !== undefined)
    return outside.test(target) ? undefined : `${room} imports pkg and ${outside.source} only`;
  if (!target.startsWith('internal/')) return 'nothing but test imports test, nothing imports cmd';
  if (room === 'internal/app') return undefined;
  if (room === 'internal/config')
    return target.endsWith('/spec.ts') ? undefined : 'config imports specs only';
  if (
    /^internal\/(metrics|selflog)\//.test(target) &&
    room !== 'internal/metrics' &&
    room !== 'internal/selflog'
  )
    return undefined;
  if (room.startsWith(`${roomOf(target)}/`)) return undefined;
  return 'rooms never import each other';
}

function packageObjection(from: string, name: string): string | undefined {
  if (isTest(from) && name === 'fast-check') return undefined;
  if (from.startsWith('pkg/spec/') && name === 'zod') return undefined;
  return from.startsWith('pkg/') ? 'pkg needs no packages, but for zod in pkg/spec' : undefined;
}

/** The files that `isBad` finds fault with. */
function offenders(isBad: (file: SourceFile) => boolean): readonly string[] {
  return files.filter(isBad).map(({ path }) => path);
}

describe('architecture', () => {
  it('imports go in the direction of the plan', () => {
    const faults = files.flatMap(({ path, imports }) =>
      imports.flatMap(target => {
        const reason = objection(path, target);
        return reason === undefined ? [] : [`${path} imports ${target}: ${reason}`];
      }),
    );
    assert.deepEqual(faults, []);
  });

  it('finds what it looks for', () => {
    assert.ok(files.some(({ imports }) => imports.includes('pkg/types/chunk.ts')));
    assert.match(String(objection('pkg/queue/queue.ts', 'internal/app/run.ts')), /pkg/);
    assert.match(String(objection('internal/dlq/dlq.ts', 'internal/dispatcher/lane.ts')), /rooms/);
    assert.match(String(objection('internal/sinks/loki/sink.ts', 'internal/sinks/kafka/sink.ts')), /rooms/);
    assert.match(String(objection('internal/config/load.ts', 'internal/dlq/segment.ts')), /specs/);
    assert.match(String(objection('cmd/log-capturer/main.ts', 'internal/dlq/segment.ts')), /cmd/);
    assert.match(String(objection('pkg/units/units.ts', 'zod')), /packages/);
    assert.equal(objection('internal/monitors/file/tailer.ts', 'internal/monitors/splitter.ts'), undefined);
    assert.equal(objection('internal/sinks/loki/sink.ts', 'internal/metrics/metrics.ts'), undefined);
  });

  it('has no circle of imports', () => {
    assert.equal(importCircle(files), undefined);
  });

  it('has no file above its length', () => {
    const isLong = ({ text }: SourceFile): boolean => text.split('\n').length > MAX_LINES + 1;
    assert.deepEqual(offenders(isLong), []);
  });

  it('names files in imports with their extension', () => {
    const isVague = ({ imports }: SourceFile): boolean =>
      imports.some(target => /^(cmd|internal|pkg|test)\//.test(target) && !/\.(ts|json)$/.test(target));
    assert.deepEqual(offenders(isVague), []);
  });

  it('has no default export', () => {
    assert.deepEqual(
      offenders(({ text }) => /^export default\b|\bas default\b/m.test(text)),
      [],
    );
  });

  it('has exactly the planned entries at the top', () => {
    const entries = new Set(trackedFiles().map(path => path.split('/')[0] ?? ''));
    const unplanned = [...entries].filter(entry => !TOP_LEVEL.includes(entry));
    assert.deepEqual(unplanned, []);
  });

  it('names nothing of the machine it was built on', () => {
    const faults = trackedFiles().flatMap(path => {
      const text = readTracked(path);
      return FORBIDDEN.filter(word => text.includes(word)).map(word => `${path}: ${word}`);
    });
    assert.deepEqual(faults, []);
  });
});
