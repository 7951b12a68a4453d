import type { Part } from '../../pkg/types/batch.ts';
import { numbered } from '../helpers/chunks.ts';
import { linesAt } from '../helpers/loki-pair.ts';
import type { TenantLimits } from '../helpers/real-loki-config.ts';

/** Batches, one after the other, to a tenant of its own; every line has a text of its own. */
export interface BatchCase {
  readonly title: string;
  readonly batches: readonly (readonly Part[])[];
  /** Limits of the tenant. */
  readonly loki?: TenantLimits;
  /** Keys of the sink. */
  readonly sink?: Readonly<Record<string, unknown>>;
  /** How the last batch ends: how many of its lines are stored, refused for good, and wait. */
  readonly ends: readonly [stored: number, refused: number, waiting: number];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW_MS = Date.now();
const LONG = 'x'.repeat(300 * 1024);

function lines(labels: Readonly<Record<string, string>>, ...given: Parameters<typeof linesAt>[1]): Part {
  return linesAt(labels, given, NOW_MS);
}

function loud(job: string): Part {
  return lines({ job }, ...numbered(`${job} ${'l'.repeat(200)}`, 30));
}

/** Loki is asked about each line and each label. */
const ASK = { max_line_bytes: 0, max_label_names: 0, max_label_name_bytes: 0, max_label_value_bytes: 0 };
const BLOCKED = '2099-01-01T00:00:00Z';
const SMALL_RATE = { per_stream_rate_limit: '1KB', per_stream_rate_limit_burst: '2KB' };
const TWENTY_LABELS = Object.fromEntries(numbered('l', 20).map(name => [name, 'v']));

export const BATCHES: readonly BatchCase[] = [
  {
    title: 'good lines',
    batches: [[lines({ job: 'a' }, 'a1', 'a2'), lines({ job: 'b' }, 'b1')]],
    ends: [3, 0, 0],
  },
  {
    title: 'json',
    sink: { encoding: 'json' },
    batches: [[lines({ job: 'a' }, 'a1', 'ä€😀\u0000"\\')]],
    ends: [2, 0, 0],
  },
  { title: 'too long', sink: ASK, batches: [[lines({ job: 'a' }, 'a1', LONG, 'a2')]], ends: [2, 1, 0] },
  {
    title: 'too old, too new',
    batches: [[lines({ job: 'a' }, ['old', -8 * DAY], ['new', HOUR], 'good'), lines({ job: 'b' }, 'b')]],
    ends: [2, 2, 0],
  },
  {
    title: 'time 0',
    batches: [[lines({ job: 'a' }, ['zero', -NOW_MS], 'good')]],
    ends: [1, 1, 0],
  },
  {
    title: 'late lines of three streams, and two good streams',
    batches: [
      [lines({ job: 'a' }, 'na'), lines({ job: 'b' }, 'nb'), lines({ job: 'c' }, 'nc')],
      [
        ...['a', 'b', 'c'].map(job => lines({ job }, [`late ${job}`, -3 * HOUR], `good ${job}`)),
        lines({ job: 'd' }, 'd'),
        lines({ job: 'new' }, 'new'),
      ],
    ],
    ends: [5, 3, 0],
  },
  {
    title: '25 late lines beside too old ones',
    batches: [
      [lines({ job: 'a' }, 'newest')],
      [
        lines({ job: 'b' }, ['old', -8 * DAY], 'b'),
        lines(
          { job: 'a' },
          ...numbered('late', 25).map((line, n) => [line, n * 1000 - 3 * HOUR] as const),
          'good',
        ),
      ],
    ],
    ends: [2, 26, 0],
  },
  {
    title: '20 labels',
    sink: ASK,
    batches: [[lines(TWENTY_LABELS, 'x'), lines({ job: 'a' }, 'a')]],
    ends: [1, 1, 0],
  },
  {
    title: '20 labels, cut by the sink',
    batches: [[lines(TWENTY_LABELS, 'x'), lines({ job: 'a' }, 'a')]],
    ends: [2, 0, 0],
  },
  {
    title: 'names that cannot be parsed',
    batches: [[lines({ 'a-b': 'v', 名: 'w' }, 'x'), lines({ '9': 'v' }, 'y')]],
    ends: [2, 0, 0],
  },
  {
    title: 'such names as metadata',
    sink: { structured_metadata: ['___', '名', 'a-b', 'a:b'] },
    batches: [
      [
        lines({ job: 'a', ___: 'u', 名: 'v', 'a-b': 'w', 'a:b': 'x' }, 'x'),
        lines({ job: 'a', ___: 'y' }, 'y'),
      ],
    ],
    ends: [2, 0, 0],
  },
  {
    title: 'metadata too large',
    sink: { ...ASK, structured_metadata: ['trace'] },
    batches: [[lines({ job: 'a', trace: 't'.repeat(70_000) }, 'x'), lines({ job: 'a' }, 'a')]],
    ends: [1, 1, 0],
  },
  {
    title: 'metadata that is not allowed',
    loki: { allow_structured_metadata: false },
    sink: { structured_metadata: ['trace'] },
    batches: [[lines({ job: 'a', trace: 't' }, 'x'), lines({ job: 'a' }, 'a')]],
    ends: [1, 1, 0],
  },
  {
    title: 'labels that Loki requires',
    loki: { enforced_labels: ['team'] },
    batches: [[lines({ job: 'a' }, 'x'), lines({ job: 'a', team: 't' }, 'a')]],
    ends: [1, 1, 0],
  },
  {
    title: 'no labels, and no name of a service',
    loki: { discover_service_name: [] },
    batches: [[lines({}, 'x'), lines({ service_name: 'a' }, 'a')]],
    ends: [1, 1, 0],
  },
  {
    title: 'two streams over their rate, and a quiet one',
    loki: SMALL_RATE,
    sink: { max_stream_rate: '1KiB' },
    batches: [[loud('l1'), lines({ job: 'quiet' }, 'q'), loud('l2')]],
    ends: [1, 0, 60],
  },
  {
    title: 'two streams over a rate that the sink does not know of',
    loki: SMALL_RATE,
    batches: [[loud('l1')], [loud('l1'), lines({ job: 'quiet' }, 'q'), loud('l2')]],
    ends: [1, 0, 60],
  },
  {
    title: 'the rate of a stream without sharding: some are stored',
    loki: { ...SMALL_RATE, shard_streams: { enabled: false } },
    batches: [[loud('l1')]],
    ends: [0, 0, 30],
  },
  {
    title: 'too many streams',
    loki: { max_global_streams_per_user: 5 },
    batches: [
      [lines({ job: 'known' }, 'k1')],
      [...numbered('s', 8).map(job => lines({ job }, job)), lines({ job: 'known' }, 'k2')],
    ],
    ends: [5, 0, 4],
  },
  {
    title: 'blocked',
    loki: { block_ingestion_until: BLOCKED },
    batches: [[lines({ job: 'a' }, 'a')]],
    ends: [0, 0, 1],
  },
  {
    title: 'blocked, and bad labels: Loki speaks of the labels only',
    loki: { block_ingestion_until: BLOCKED },
    sink: ASK,
    batches: [[lines(TWENTY_LABELS, 'x'), lines({ job: 'a' }, 'a')]],
    ends: [0, 1, 1],
  },
  {
    title: 'one policy blocked',
    loki: {
      policy_stream_mapping: { finance: [{ selector: '{team="finance"}', priority: 1 }] },
      block_ingestion_policy_until: { finance: BLOCKED },
    },
    batches: [
      [lines({ job: 'a', team: 'finance' }, 'f'), lines({ job: 'a' }, 'a'), lines({ job: 'b' }, 'b')],
    ],
    ends: [2, 0, 1],
  },
  {
    title: '5 MB in one batch',
    loki: { ingestion_rate_mb: 100, ingestion_burst_size_mb: 100 },
    sink: { max_push_bytes: '64MiB' },
    batches: [[lines({ job: 'a' }, ...numbered('x'.repeat(1000), 5000))]],
    ends: [5000, 0, 0],
  },
  {
    title: 'a tenant that is none',
    sink: { tenant: 'a/b' },
    batches: [[lines({ job: 'a' }, 'a')]],
    ends: [0, 0, 1],
  },
];
