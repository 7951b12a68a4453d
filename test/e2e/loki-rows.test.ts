/**
 * The recorded refusals of a real Loki, row by row, through the whole agent: what it stored is counted as delivered once,
 * what it refused is a dead letter in its words. Lines have times of their own here: they come as Docker writes them.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runToLoki } from '../helpers/loki-run.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** An entry of a container's log, `agoMs` before the test. */
function entry(log: string, agoMs = 0, nanos = '000000'): string {
  const time = new Date(Date.now() - agoMs).toISOString().replace('Z', `${nanos}Z`);
  return JSON.stringify({ log: `${log}\n`, stream: 'stdout', time });
}

interface Row {
  readonly title: string;
  /** Files by name. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Labels of the sources, by the name of the file; default: `{job: "NAME"}`. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly stored: readonly string[];
  /** Lines that are refused, and the words. */
  readonly refused: Readonly<Record<string, RegExp>>;
  readonly sink?: object;
}

/** Loki is asked about each line and each label. */
const ASK = { max_line_bytes: 0, max_label_names: 0, max_label_name_bytes: 0, max_label_value_bytes: 0 };
const OLD = /^400: entry for stream .* has timestamp too old: /;
const LONG = 'x'.repeat(300 * 1024);

const same = entry('same');
const ROWS: readonly Row[] = [
  {
    title: 'good lines, two of them equal in time and text, of which both are kept, and an empty one',
    files: { a: [same, same, entry('other', -1), entry('', -2)] },
    stored: ['same', 'same', 'other', ''],
    refused: {},
  },
  { title: 'no labels at all', files: { a: [entry('x')] }, labels: { a: {} }, stored: ['x'], refused: {} },
  {
    title: 'several bad streams',
    files: {
      n5: [entry(`5${LONG}`), entry('good', -1)],
      n6: [entry(`6${LONG}`)],
      n7: [entry('old', 8 * DAY)],
    },
    stored: ['good'],
    refused: { [`5${LONG}`]: /max entry size/, [`6${LONG}`]: /max entry size/, old: OLD },
  },
  {
    title: '8 days old, an hour in the future, of 1971, and a good one',
    files: {
      c: [
        entry('old', 8 * DAY),
        entry('very old', Date.now() - 400 * DAY),
        entry('new', -HOUR),
        entry('good'),
      ],
    },
    stored: ['good'],
    refused: { old: OLD, 'very old': OLD, new: /^400: entry for stream .* has timestamp too new: / },
  },
  {
    title: '3 h behind the newest of its stream',
    files: {
      f: [entry('newest'), ...Array.from({ length: 12 }, (_, n) => entry(`late ${n}`, 3 * HOUR - n))],
    },
    stored: ['newest'],
    refused: Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [`late ${n}`, /^400: .*entry too far behind/] as const),
    ),
  },
  {
    title: '20 labels, a long value, a long name, and a good stream',
    files: { many: [entry('m')], value: [entry('v')], name: [entry('n')], good: [entry('g')] },
    labels: {
      many: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`l${n}`, 'v'])),
      value: { value: 'v'.repeat(3000) },
      name: { ['n'.repeat(1100)]: 'v' },
    },
    stored: ['g'],
    refused: {
      m: /has 20 label names; limit 15/,
      v: /has label value too long/,
      n: /has label name too long/,
    },
  },
  {
    title: 'structured metadata over 64 KiB',
    files: { big: [entry('b')], good: [entry('g')] },
    labels: { big: { job: 'big', trace: 't'.repeat(70_000) } },
    sink: { structured_metadata: ['trace'] },
    stored: ['g'],
    refused: { b: /structured metadata too large/ },
  },
];

for (const { title, files, labels = {}, stored, refused, sink } of ROWS)
  it(title, async t => {
    const sources = Object.keys(files).map(name => ({
      ...{ name, files: [name], format: 'docker-json', max_line_bytes: '1MiB' },
      labels: { filename: null, stream: null, ...(labels[name] ?? { job: name }) },
    }));
    const run = await runToLoki(t, { files, sources, sink: { ...ASK, ...sink } });
    const lines = Object.values(files).flat().length;
    await run.settled(lines);
    assert.deepEqual((await run.receiver.lines()).sort(), [...stored].sort());
    const letters = run.letters();
    assert.deepEqual(letters.map(({ line }) => line).sort(), Object.keys(refused).sort());
    for (const { line, reason } of letters) assert.match(reason, refused[line]!);
    const count = (outcome: string) => run.metric('logs_settled_total', `outcome="${outcome}"`);
    assert.deepEqual(
      [await count('delivered'), await count('stored')],
      [lines - letters.length, letters.length],
    );
  });

it('a tenant from a label: each gets its lines, and a stream that names none becomes letters', async t => {
  const files = { a: [entry('of a')], b: [entry('of b'), entry('of b too', -1)], none: [entry('of none')] };
  const tenants: Readonly<Record<string, object>> = {
    a: { team: 'a' },
    b: { team: 'b' },
    none: { job: 'x' },
  };
  const sources = Object.keys(files).map(name => ({
    ...{ name, files: [name], format: 'docker-json', labels: { filename: null, ...tenants[name] } },
  }));
  const run = await runToLoki(t, { files, sources, sink: { tenant: 'team-{team}' } });
  await run.settled(4);
  assert.deepEqual((await run.receiver.lines()).sort(), ['of a', 'of b', 'of b too']);
  assert.deepEqual(
    run.letters().map(({ line, reason }) => [line, reason]),
    [['of none', 'the tenant team-{team} needs the label team']],
  );
});
