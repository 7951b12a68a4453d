import { allOptional, block, type Output } from '../../pkg/spec/block.ts';
import { field } from '../../pkg/spec/field.ts';
import { autoOr, bytes, count, duration, oneOf } from '../../pkg/spec/types.ts';

/** What every sink may override: the settings of its lane. */
const laneShape = {
  workers: field(autoOr(count(1, 1024), 'a whole number from 1 to 1024'), {
    doc: 'Sends in flight per sink; auto = 2 × cores.',
    default: 4,
  }),
  batch_size: field(count(1, 10_000_000), { doc: 'Records in a batch.', default: 10_000 }),
  batch_bytes: field(bytes(1), { doc: 'Bytes in a batch.', default: '1MiB' }),
  batch_timeout: field(duration(1), { doc: 'How long a batch waits to be filled.', default: '1s' }),
  copy_mode: field(oneOf('safe', 'optimized'), {
    doc: 'safe: every sink gets a copy of its own. optimized: sinks share memory with the reader.',
    default: 'safe',
  }),
  max_retries: field(count(0, 1_000_000), {
    doc: 'Attempts after the first; then the batch goes to the dead letters.',
    default: 3,
  }),
  retry_delay: field(duration(1), { doc: 'Wait before the first retry.', default: '1s' }),
  retry_backoff: field(oneOf('exponential', 'linear'), {
    doc: 'exponential: doubled each time, with full jitter. linear: retry_delay × attempt.',
    default: 'exponential',
  }),
  retry_max_delay: field(duration(1), { doc: 'The longest wait between two attempts.', default: '30s' }),
  retry_queue_size: field(autoOr(count(1), 'a whole number from 1'), {
    doc: 'Records parked between attempts; auto = queue_size / 10.',
    default: 'auto',
  }),
  retry_queue_bytes: field(bytes(1), { doc: 'Bytes parked between attempts.', default: '32MiB' }),
  order: field(oneOf('auto', 'strict', 'fresh'), {
    doc: 'strict: what failed holds back later lines of its stream, also when it waits on disk. fresh: new lines go first. auto: strict for kafka, file and console; fresh for loki, which sorts lines itself.',
    default: 'auto',
  }),
  overflow: field(oneOf('spill', 'block', 'drop_oldest'), {
    doc: 'What happens when the parking is full: spill to the dead letters on disk, hold up the readers, or drop (counted).',
    default: 'spill',
  }),
};

const circuitBreakerSpec = block({
  failures: field(count(1, 1_000_000), { doc: 'Failures in a row that open it.', default: 5 }),
  reset: field(duration(1), {
    doc: 'How long it stays open before one attempt is let through.',
    default: '10s',
  }),
});

/** `dispatcher` in the config. */
export const dispatcherSpec = block(
  {
    queue_size: field(count(1), {
      doc: 'Records in the queue; a full queue holds up the readers.',
      default: 50_000,
    }),
    queue_bytes: field(bytes(1), { doc: 'Bytes in the queue.', default: '64MiB' }),
    ...laneShape,
    shutdown_timeout: field(duration(0), {
      doc: 'How long a stop waits for what is under way; the rest goes to the dead letters.',
      default: '30s',
    }),
    circuit_breaker: field(circuitBreakerSpec, {
      doc: 'Per sink: stops attempts for a while after failures in a row.',
      default: {},
    }),
  },
  [
    {
      needs: ['batch_bytes', 'queue_bytes'],
      at: 'batch_bytes',
      check: v =>
        v.batch_bytes > v.queue_bytes ? 'is larger than queue_bytes, expected at most that' : undefined,
    },
  ],
);

/** The keys of a sink that override those of `dispatcher`. */
export const laneOverridesSpec = block(allOptional(laneShape));

type LaneOutput = Output<typeof laneShape>;

/** All settings of one lane, with `auto` worked out. */
export type LaneConfig = {
  readonly [K in keyof LaneOutput]: Exclude<LaneOutput[K], 'auto'>;
};
export type LaneOverrides = Output<(typeof laneOverridesSpec)['shape']>;
export type DispatcherConfig = Output<(typeof dispatcherSpec)['shape']>;
