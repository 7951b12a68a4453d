import { median, type Sample, slope } from './samples.ts';

/** What a run cost, or a part of it. */
export interface Costs {
  readonly memory: MemoryReport;
  readonly cpuPercent: number;
  readonly descriptors: { readonly first: number; readonly last: number; readonly most: number };
}

export interface MemoryReport {
  /** Of the second half of the run, by least squares: before it the heap finds its size. */
  readonly slopeMbPerHour: number;
  /** Medians of the four quarters of the run. */
  readonly quartersMb: readonly number[];
  readonly mostMb: number;
}

/** How the agent was in one cycle of the schedule, and what it said of its memory at the end of it. */
export interface CycleReport {
  /** When it ended, since the run began. */
  readonly seconds: number;
  readonly rss: { readonly leastMb: number; readonly medianMb: number; readonly mostMb: number };
  readonly anonymousMb: number;
  readonly heapUsedMb: number;
  readonly heapTotalMb: number;
  /** Buffers, mostly. */
  readonly externalMb: number;
  readonly descriptors: number;
  readonly cpuPercent: number;
}

const QUARTERS = 4;

export function costsOf(samples: readonly Sample[]): Costs {
  const quarters = Array.from({ length: QUARTERS }, (_, n) =>
    part(samples, n / QUARTERS, (n + 1) / QUARTERS),
  );
  const lateHalf = part(samples, 0.5, 1);
  const descriptors = samples.map(each => each.descriptors);
  return {
    memory: {
      slopeMbPerHour: 3600 * slope(lateHalf.map(({ seconds, rssMb }) => ({ x: seconds, y: rssMb }))),
      quartersMb: quarters.map(each => median(each.map(({ rssMb }) => rssMb))),
      mostMb: Math.max(...samples.map(({ rssMb }) => rssMb)),
    },
    cpuPercent: cpuPercent(samples),
    descriptors: { first: descriptors[0]!, last: descriptors.at(-1)!, most: Math.max(...descriptors) },
  };
}

/** `samples` are those of the cycle; `metrics` are the agent's, as they are at its end. */
export function cycleReport(samples: readonly Sample[], metrics: ReadonlyMap<string, number>): CycleReport {
  const rss = samples.map(({ rssMb }) => rssMb);
  const { seconds, descriptors } = samples.at(-1)!;
  const megabytes = (name: string): number => (metrics.get(name) ?? Number.NaN) / 1e6;
  return {
    ...{ seconds, descriptors, cpuPercent: cpuPercent(samples) },
    rss: { leastMb: Math.min(...rss), medianMb: median(rss), mostMb: Math.max(...rss) },
    anonymousMb: median(samples.map(({ anonymousMb }) => anonymousMb)),
    heapUsedMb: megabytes('nodejs_heap_size_used_bytes'),
    heapTotalMb: megabytes('nodejs_heap_size_total_bytes'),
    externalMb: megabytes('nodejs_external_memory_bytes'),
  };
}

function cpuPercent(samples: readonly Sample[]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return (100 * (last.cpuSeconds - first.cpuSeconds)) / (last.seconds - first.seconds);
}

function part(samples: readonly Sample[], from: number, to: number): readonly Sample[] {
  return samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length));
}
