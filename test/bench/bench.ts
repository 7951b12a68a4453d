/** What a benchmark measured: figures by name, the unit in the name (`mbPerSecond`, `p99Ms`). */
export interface BenchResult {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

/** Every benchmark is a module that exports `run`; it cleans up after itself and takes at most two minutes. */
export interface Bench {
  run(): Promise<BenchResult>;
}
