import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PositionStore } from '../../internal/positions/store.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import type { Track } from '../../pkg/types/ports.ts';
import type { BenchResult } from './bench.ts';

type Place = {
  readonly offset: number;
  readonly check: string;
};

const OPENS_PER_SECOND = 10_000;
const TRACKS = 100;
const SECONDS = 5;
const ALONE = 5_000;

/**
 * What positions cost: one track that awaits each open (latency), and 100 tracks that open 10 000 passages a
 * second together and settle them at once (share of a core). On a real disk.
 */
export async function run(): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'positions-bench-'));
  const store = new PositionStore({ dir, fs: nodeFs, clock: systemClock, logger: silentLogger });
  await store.start();
  try {
    return { name: 'positions', figures: { ...(await alone(store)), ...(await together(store)) } };
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
}

async function alone(store: PositionStore): Promise<Record<string, number>> {
  const track = store.create<Place, null>('file', 'alone', null, { offset: 0, check: '' });
  for (let i = 0; i < 500; i++) await openOne(track, i);
  const latenciesMs = new Float64Array(ALONE);
  const cpu = process.cpuUsage();
  for (let i = 0; i < ALONE; i++) {
    const from = performance.now();
    await openOne(track, i + 500);
    latenciesMs[i] = performance.now() - from;
  }
  const cpuMicros = microsSince(cpu);
  latenciesMs.sort();
  return {
    openAloneP50Micros: latenciesMs[ALONE >> 1]! * 1000,
    openAloneP99Micros: latenciesMs[Math.floor(ALONE * 0.99)]! * 1000,
    openAloneCpuMicros: cpuMicros / ALONE,
    at1600PerSecondCpuPercent: (cpuMicros / ALONE) * 1600 * 1e-4,
  };
}

async function together(store: PositionStore): Promise<Record<string, number>> {
  const tracks = Array.from({ length: TRACKS }, (_, i) =>
    store.create<Place, null>('file', `track-${i}`, null, { offset: 0, check: '' }),
  );
  const perTick = OPENS_PER_SECOND / 100;
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let tick = 0; tick < SECONDS * 100; tick++) {
    for (let i = 0; i < perTick; i++) void openOne(tracks[i % TRACKS]!, tick);
    await new Promise(resolve =>
      setTimeout(resolve, Math.max(0, start + (tick + 1) * 10 - performance.now())),
    );
  }
  const seconds = (performance.now() - start) / 1000;
  const cpuMicros = microsSince(cpu);
  return {
    opensPerSecond: (SECONDS * OPENS_PER_SECOND) / seconds,
    togetherCpuPercent: cpuMicros / seconds / 1e4,
    openTogetherCpuMicros: cpuMicros / (SECONDS * OPENS_PER_SECOND),
  };
}

async function openOne(track: Track<Place, null>, n: number): Promise<void> {
  const receipt = await track.open({
    end: { offset: n * 262_144, check: '0123456789abcdef' },
    records: 1400,
    base: { sec: 1_700_000_000, nanos: n },
  });
  receipt.expect(1);
  receipt.settle();
}

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
