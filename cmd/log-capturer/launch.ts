import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Set while the process replaces itself, so that it does so once. */
const MARKER = 'LOG_CAPTURER_LAUNCHED';

/** Threads for file work: reads that hang on one dead mount must leave some for the others. */
const THREADS = '8';

/**
 * - Buffers counted in one limit with the heap: they come and go by the megabyte and are few, but on their separate
 *   default limit they cause 41 full collections in a gigabyte of logs instead of one (13 % of the CPU time).
 * - The collector can be called: when `run` is ready, and while a sink fails.
 */
const V8_FLAGS = ['--external-memory-accounted-in-global-limit', '--expose-gc'];

/**
 * - A small young generation: the hot path leaves no garbage there, and the default grows to 48 MB in the start
 *   alone (RSS 110 → 91 MB when ready).
 * - Collected again when it has grown by 40 % of what was left the last time, not by 300: buffers wait for that, and what
 *   the heap once took is hard to give back. The hot path leaves so little that it is 3 collections in 600 MB of logs.
 */
const AMPLE_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=40'];

/** Where memory is worth more than time; with them the agent stays below 60 MB of its own during an outage. */
const SPARING_FLAGS = ['--max-semi-space-size=1', '--heap-growing-percent=30', '--optimize-for-size'];

/** Under a memory limit below this one, memory is spared. */
const AMPLE_BYTES = 256 << 20;

/** Commands that run for long. To others of a package the flags are of no use, and a start takes 40 ms of CPU time. */
const LASTING = new Set(['run', 'quickstart', 'receive']);

/** The oldest Node.js that runs us; package.json says it too, but npm only warns. */
const OLDEST_NODE = 24;

/** Why this version of Node.js cannot run the agent; undefined when it can. */
export function unsupportedNode(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return undefined;
  return `Node.js ${version} is too old: version ${OLDEST_NODE} or newer is needed`;
}

/**
 * Replaces the process with itself, once, under the flags and the environment it needs from its first instruction on;
 * pid, descriptors and arguments stay. Returns in the replaced process, and where replacing is not possible.
 *
 * With a compile cache Node never loads its type stripper, a WebAssembly parser of 18 MB (64 → 46 MB RSS). A package,
 * whose code is JavaScript, needs none: it is as small without (82 MB when ready), and starts 0.15 s later.
 */
export function launch(packageRoot: string, script: string): void {
  if (process.env[MARKER] !== undefined) {
    delete process.env[MARKER];
    return;
  }
  const isSource = script.endsWith('.ts');
  if (!isSource && !LASTING.has(process.argv[2] ?? '')) return;
  const env: NodeJS.ProcessEnv = { UV_THREADPOOL_SIZE: THREADS, ...process.env, [MARKER]: '1' };
  const limitBytes = process.constrainedMemory();
  const isSparing = limitBytes > 0 && limitBytes < AMPLE_BYTES;
  const flags = [...V8_FLAGS, ...(isSparing ? SPARING_FLAGS : AMPLE_FLAGS)];
  // The C library's memory for each thread by itself.
  if (isSparing) env.MALLOC_ARENA_MAX ??= '1';
  const cache = isSource ? privateCache(packageRoot) : undefined;
  if (cache !== undefined) env.NODE_COMPILE_CACHE ??= cache;
  try {
    process.execve?.(
      process.execPath,
      [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)],
      env,
    );
  } catch {
    // Not on this platform: more memory and fewer threads, nothing else.
  }
  process.env.UV_THREADPOOL_SIZE ??= THREADS;
}

/**
 * The compile cache's folder, when nobody else can write to it or to what leads there from the package: code
 * is run from it.
 */
function privateCache(packageRoot: string): string | undefined {
  const modules = join(packageRoot, 'node_modules');
  const cache = join(modules, '.cache', 'log-capturer');
  try {
    if (!isPrivate(packageRoot) || !isPrivate(modules)) return undefined;
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    if (!isPrivate(join(modules, '.cache')) || !isPrivate(cache)) return undefined;
    accessSync(cache, constants.W_OK);
    return cache;
  } catch {
    // A read-only installation, say: it runs without a cache.
    return undefined;
  }
}

function isPrivate(folder: string): boolean {
  const { uid, mode } = statSync(folder);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}
