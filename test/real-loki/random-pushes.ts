import fc from 'fast-check';
import type { TestStream } from '../helpers/encode-push.ts';

const HOUR = 3600;
const NOW_SEC = Math.floor(Date.now() / 1000);

/** Seconds ago, on both sides of each limit of age. */
const agoSec = fc.constantFrom(
  0,
  1,
  HOUR / 2,
  0.98 * HOUR,
  1.02 * HOUR,
  3 * HOUR,
  200 * HOUR,
  -300,
  -900,
  NOW_SEC,
);
const line = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'é😀', '\u0000\n\t"', 'x'.repeat(262_144), 'x'.repeat(262_145)),
  },
);
const name = fc.constantFrom('job', 'a', 'a_b', 'service', 'container', 'service_name', '_x');
const value = fc.constantFrom(
  'v',
  'w',
  '',
  'a b',
  'é',
  'q"q',
  'b\\b',
  '\n',
  '\u0001',
  '\u007f',
  '\u00a0',
  'x'.repeat(2048),
  'x'.repeat(2049),
);
const pair = fc
  .tuple(name, value, fc.constantFrom('', ' '))
  .map(([label, text, space]) => `${label}${space}=${space}${goQuoted(text)}`);
const labels = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('{job="p"}', '{job="q"}', '{job="r", a="1"}') },
  { weight: 2, arbitrary: fc.array(pair, { maxLength: 4 }).map(pairs => `{${pairs.join(', ')}}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{}', '{a-b="v"}', '{job="p",}', '{job=`p`}', ' { job = "p" } '),
  },
);

/** A text as a client in Go writes it. */
function goQuoted(text: string): string {
  return JSON.stringify(text).replace(/\u007f/g, '\\u007f');
}

const stream = fc.record({ labels, entries: fc.array(fc.tuple(agoSec, line), { maxLength: 4 }) }).map(
  ({ labels, entries }): TestStream => ({
    labels,
    entries: entries.map(([ago, text], nanos) => ({ sec: Math.round(NOW_SEC - ago), nanos, line: text })),
  }),
);

/** Some pushes of a tenant, one after the other. */
export const randomPushes = fc.array(fc.array(stream, { maxLength: 4 }), { minLength: 1, maxLength: 3 });
