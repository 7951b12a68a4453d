import type { Limits } from '../../internal/receiver/options.ts';
import type { TestEntry, TestStream } from '../helpers/encode-push.ts';
import type { TenantLimits } from '../helpers/real-loki-config.ts';

/** Pushes, one after the other, to a tenant of its own. */
export interface PushCase {
  readonly title: string;
  readonly pushes: readonly (readonly TestStream[])[];
  /** Limits of the tenant, as Loki and as the receiver name them. */
  readonly loki?: TenantLimits;
  readonly receiver?: Partial<Limits>;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const NOW_SEC = Math.floor(Date.now() / 1000);
const LONG = 'x'.repeat(300 * 1024);

/** A line, or one of `agoSec` seconds ago. */
type Line = string | readonly [line: string, agoSec: number];

function stream(labels: string, ...lines: readonly Line[]): TestStream {
  return {
    labels,
    entries: lines.map((given, nanos): TestEntry => {
      const [line, agoSec] = typeof given === 'string' ? [given, 0] : given;
      return { sec: NOW_SEC - agoSec, nanos, line };
    }),
  };
}

function withMetadata(labels: string, metadata: Readonly<Record<string, string>>): TestStream {
  const at = { sec: NOW_SEC, line: 'with' };
  return {
    labels,
    entries: [
      { ...at, nanos: 1, metadata },
      { ...at, nanos: 2, line: 'without' },
    ],
  };
}

function many(count: number, line: (n: number) => Line): Line[] {
  return Array.from({ length: count }, (_, n) => line(n));
}

const TWENTY_LABELS = `{${many(20, n => `l${n}="v"`).join(', ')}}`;
const SMALL_RATE = {
  loki: { per_stream_rate_limit: '1KB', per_stream_rate_limit_burst: '2KB' },
  receiver: { streamRateBytes: 1024, streamRateBurstBytes: 2048 },
} as const;
const KILOBYTE = 'x'.repeat(1000);

/** What Loki answers for itself: the rows of the recorded answers, and what they did not ask. */
export const PUSHES: readonly PushCase[] = [
  {
    title: 'good lines, two of them equal',
    pushes: [[stream('{job="a"}', 'one', 'two'), stream('{job="a"}', 'one')]],
  },
  { title: 'an empty line', pushes: [[stream('{job="a"}', '')]] },
  { title: 'no labels', pushes: [[stream('{}', 'x')]] },
  { title: 'no streams', pushes: [[]] },
  { title: 'a stream without entries', pushes: [[stream('{job="a"}')]] },
  { title: 'a line of 300 KiB', pushes: [[stream('{job="b"}', 'one', LONG, 'two')]] },
  {
    title: 'several bad streams',
    pushes: [
      [
        stream('{job="n5"}', LONG, 'good'),
        stream('{job="n6"}', LONG, LONG),
        stream('{job="n7"}', ['old', 8 * DAY]),
      ],
    ],
  },
  { title: 'too old and too new', pushes: [[stream('{job="c"}', ['old', 8 * DAY], ['new', -HOUR], 'good')]] },
  { title: 'time 0', pushes: [[stream('{job="z"}', ['zero', NOW_SEC], 'good')]] },
  {
    title: 'far behind the newest of the stream',
    pushes: [[stream('{job="f"}', 'newest')], [stream('{job="f"}', ['late', 3 * HOUR], 'good')]],
  },
  {
    title: 'far behind in the same push',
    pushes: [[stream('{job="f"}', 'newest', ['late', 3 * HOUR], ['less late', HOUR / 2])]],
  },
  {
    title: '25 entries far behind',
    pushes: [
      [stream('{job="f"}', 'newest')],
      [stream('{job="f"}', ...many(25, n => [`late ${n}`, 3 * HOUR + n]))],
    ],
  },
  {
    title: 'far behind, and a good stream after it: nothing is said',
    pushes: [
      [stream('{job="f"}', 'newest')],
      [stream('{job="f"}', ['late', 3 * HOUR]), stream('{job="g"}', 'good')],
    ],
  },
  {
    title: 'a good stream, and far behind after it',
    pushes: [
      [stream('{job="f"}', 'newest')],
      [stream('{job="g"}', 'good'), stream('{job="f"}', ['late', 3 * HOUR])],
    ],
  },
  {
    title: 'too old in one stream, far behind in the last: only the last is told of',
    pushes: [
      [stream('{job="f"}', 'newest')],
      [stream('{job="g"}', ['old', 8 * DAY], 'good'), stream('{job="f"}', ['late', 3 * HOUR])],
    ],
  },
  { title: '20 labels', pushes: [[stream(TWENTY_LABELS, 'x'), stream('{job="a"}', 'good')]] },
  {
    title: '16 labels, one of them service_name',
    pushes: [[stream(`{service_name="s", ${many(15, n => `l${n}="v"`).join(', ')}}`, 'x')]],
  },
  {
    title: 'a long value',
    pushes: [[stream(`{job="e", x="${'y'.repeat(3000)}"}`, 'x'), stream('{job="e"}', 'good')]],
  },
  { title: 'a long name', pushes: [[stream(`{${'n'.repeat(1100)}="v"}`, 'x'), stream('{job="a"}', 'good')]] },
  { title: 'a label twice', pushes: [[stream('{a="1", a="2"}', 'x'), stream('{job="a"}', 'good')]] },
  {
    title: 'a name that cannot be parsed',
    pushes: [[stream('{a-b="v"}', 'x'), stream('{job="a"}', 'good')]],
  },
  {
    title: 'quotes, newlines and controls in a value',
    pushes: [[stream(String.raw`{job="a\"b\\c\n\t\x01ä"}`, 'x', LONG)]],
  },
  { title: 'metadata', pushes: [[withMetadata('{job="m"}', { trace: '1', 'a b': '2' })]] },
  { title: 'metadata too large', pushes: [[withMetadata('{job="g"}', { trace: 'm'.repeat(71_678) })]] },
  {
    title: 'metadata of too many labels',
    pushes: [
      [withMetadata('{job="g"}', Object.fromEntries(many(200, n => `m${n}`).map(name => [name, 'v'])))],
    ],
  },
  {
    title: '5 MB',
    loki: { ingestion_burst_size_mb: 50 },
    pushes: [[stream('{job="a"}', ...many(5000, n => `${n} ${KILOBYTE}`))]],
  },
  {
    title: 'over the rate',
    loki: { ingestion_rate_mb: 0.001, ingestion_burst_size_mb: 0.002 },
    receiver: { rateBytes: 1048, rateBurstBytes: 2097 },
    pushes: [
      [stream('{job="a"}', KILOBYTE)],
      [stream('{job="a"}', `${KILOBYTE}${KILOBYTE}`), stream('{job="b"}', 'z')],
    ],
  },
  {
    title: 'one stream over its rate, last',
    ...SMALL_RATE,
    pushes: [[stream('{job="quiet"}', 'q'), stream('{job="loud"}', ...many(12, n => `${n} ${KILOBYTE}`))]],
  },
  {
    title: 'one stream over its rate, and another after it: nothing is said',
    ...SMALL_RATE,
    pushes: [[stream('{job="loud"}', ...many(12, n => `${n} ${KILOBYTE}`)), stream('{job="quiet"}', 'q')]],
  },
  {
    title: 'too many streams',
    loki: { max_global_streams_per_user: 3 },
    receiver: { maxStreams: 3 },
    pushes: [['a', 'b', 'c', 'd', 'e'].map(job => stream(`{job="${job}"}`, 'x'))],
  },
  {
    title: 'too many streams, and a known one after them: nothing is said',
    loki: { max_global_streams_per_user: 1 },
    receiver: { maxStreams: 1 },
    pushes: [[stream('{job="a"}', 'x')], [stream('{job="b"}', 'x'), stream('{job="a"}', 'y')]],
  },
];
