import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { type Complaint, readComplaints } from './complaints.ts';

const C = '{job="c", service_name="c"}';
const OLDEST = 'oldest acceptable timestamp is: 2026-11-14T07:24:32Z';
const SIZE = `max entry size '262144' bytes exceeded for stream '${C}' while adding an entry with length '307200' bytes`;
const OLD = `entry for stream '${C}' has timestamp too old: 2026-11-13T07:24:32Z, ${OLDEST}`;
const NEW = `entry for stream '${C}' has timestamp too new: 2026-11-21T08:24:32Z`;
const BEHIND =
  'entry too far behind, entry timestamp is: 2026-11-21T04:24:32Z, oldest acceptable timestamp is: 2026-11-21T06:24:32Z';

/** A complaint in short. */
function summary({ rule, count }: Complaint): string {
  if (rule.is === 'labels' || rule.is === 'metadata') return `${rule.is} ×${count}`;
  if (rule.is === 'line_bytes') return `${rule.bytes} bytes ×${count}`;
  if (rule.is === 'listed') {
    const entries = rule.entries.map(({ at, isRate }) => `${at.sec}.${at.nanos}${isRate ? ' rate' : ''}`);
    return `listed ${entries.join()} of ${rule.total}`;
  }
  return `${rule.is} ${rule.sec} ×${count}`;
}

/** Texts of a real Loki, and what is read from them. */
const TEXTS: readonly (readonly [text: string, expected: readonly string[], isWhole?: boolean])[] = [
  [`${SIZE}\n`, ['307200 bytes ×undefined']],
  [`${SIZE.replace('max', 'Max')}\n`, ['307200 bytes ×undefined']],
  [`1 errors like: ${OLD}; 1 errors like: ${NEW}\n`, ['too_old 1794554672 ×1', 'too_new 1795249472 ×1']],
  [`2 errors like: ${SIZE}; 40 errors like: ${OLD}\n`, ['307200 bytes ×2', 'too_old 1794554672 ×40']],
  [`entry for stream '${C}' has 20 label names; limit 15\n`, ['labels ×undefined']],
  [`stream '{e="y\\"y'; 1"}' has label value too long: 'y"y'; 1'\n`, ['labels ×undefined']],
  [
    `1 errors like: stream '${C}' has label value too long: 'c'; 1 errors like: ${OLD}\n`,
    ['labels ×1', 'too_old 1794554672 ×1'],
  ],
  [`stream '${C}' has label name too long: 'nnn'\n`, ['labels ×undefined']],
  [`stream '${C}' has duplicate label name: 'job'\n`, ['labels ×undefined']],
  [
    `stream '${C}' has structured metadata too large: '71683' bytes, limit: '65536' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it\n`,
    ['metadata ×undefined'],
  ],
  [
    `stream '${C}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it\n`,
    ['metadata ×undefined'],
  ],
  [`missing required labels a,b for user fake for stream ${C}\n`, ['labels ×undefined']],
  [
    `1 errors like: missing required labels 'team,env' for user 'fake' for stream '${C}' (policy: ''); 2 errors like: ${OLD}\n`,
    ['labels ×1', 'too_old 1794554672 ×2'],
  ],
  ['error at least one label pair is required per stream\n', ['labels ×undefined']],
  [
    `entry with timestamp 2026-11-21 04:24:32.373 +0000 UTC ignored, reason: '${BEHIND}',\nuser 'fake', total ignored: 1 out of 2 for stream: ${C}\n`,
    ['listed 1795235072.373000000 of 1'],
    false,
  ],
  [
    `entry with timestamp 2026-11-21 04:24:32 +0000 UTC ignored, reason: 'per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream '${C}' totaling 1kB, consider',\nuser 'fake', total ignored: 12 out of 2000 for stream: ${C}\n`,
    ['listed 1795235072.0 rate of 12'],
    false,
  ],
  ['something new\n', [], false],
  [`1 errors like: something new; 2 errors like: ${OLD}\n`, ['too_old 1794554672 ×2'], false],
  [OLD.slice(0, -30), [], false],
];

describe('what is read from a text', () => {
  for (const [text, expected, isWhole = true] of TEXTS)
    it(text.slice(0, 100), () => {
      const reading = readComplaints(text);
      assert.deepEqual(reading.complaints.map(summary), expected);
      assert.equal(reading.isWhole, isWhole);
    });
});

test("a complaint has the stream's labels and Loki's own words", () => {
  const [complaint] = readComplaints(`1 errors like: ${OLD}; 1 errors like: ${NEW}\n`).complaints;
  assert.deepEqual(
    [...complaint!.labels],
    [
      ['job', 'c'],
      ['service_name', 'c'],
    ],
  );
  assert.equal(complaint!.words, OLD);
});

test('whatever the text, reading it ends, and what is not understood is said', () => {
  const pieces = fc.constantFrom(SIZE, OLD, NEW, '; ', '3 errors like: ', "'", '{', '"', '\\', '}', '\n', C);
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), list => {
      const text = list.join('');
      const { complaints, isWhole } = readComplaints(text);
      const understood = complaints.reduce((sum, { words }) => sum + words.length, 0);
      assert.ok(understood <= text.length);
      if (complaints.length === 0 && text !== '' && !text.startsWith('\n')) assert.ok(!isWhole);
    }),
  );
});
