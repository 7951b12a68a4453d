import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CriReader } from './cri.ts';
import { DockerJsonReader } from './docker-json.ts';
import { type EntryReader, OUTPUTS } from './entry-reader.ts';

interface Read {
  readonly output: string;
  readonly text: string;
  /** Milliseconds since 1970; `undefined` where the entry says no time. */
  readonly ms: number | undefined;
}

/** What a reader makes of a line; `undefined` where it is no entry. */
function read(reader: EntryReader, line: string): Read | undefined {
  const bytes = Buffer.from(`before\n${line}\nbehind "\\"\n`);
  const [from, to] = [7, 7 + Buffer.byteLength(line)];
  const target = Buffer.alloc(bytes.length);
  reader.begin();
  if (!reader.read(bytes, from, to)) return undefined;
  const end = reader.put(target, 3);
  if (end === -1) return undefined;
  assert.ok(end - 3 <= to + 1 - from, 'the text is no longer than the entry');
  const ms = reader.isTimed ? reader.sec * 1000 + Math.floor(reader.nanos / 1e6) : undefined;
  return { output: OUTPUTS[reader.output]!, text: target.toString('utf8', 3, end), ms };
}

/** What `JSON.parse` makes of it. */
function parsed(line: string): Read | undefined {
  try {
    const { log, stream, time } = JSON.parse(line) as Record<string, unknown>;
    const isEntry = typeof log === 'string' && (stream === 'stdout' || stream === 'stderr');
    if (!isEntry) return undefined;
    const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    return { output: stream, text: Buffer.from(log).toString(), ms: ms >= 0 ? ms : undefined };
  } catch {
    return undefined;
  }
}

const docker = (line: string): Read | undefined => read(new DockerJsonReader(), line);
const cri = (line: string): Read | undefined => read(new CriReader(), line);
const TIME = '2026-11-21T10:00:00.5Z';
const MS = Date.parse(TIME);

describe('DockerJsonReader', () => {
  const time = fc.constantFrom(TIME, '2026-11-21T10:00:00Z', '2026-11-21T12:00:00.123+02:00', '', 'never');

  it('says what JSON.parse says of every entry that the engine writes', () => {
    const log = fc.string({ unit: 'binary' });
    const attr = fc.oneof(fc.string(), fc.constant('","stream":"stderr","time":"'));
    fc.assert(
      fc.property(
        log,
        fc.constantFrom('stdout', 'stderr'),
        time,
        fc.option(fc.dictionary(attr, attr), { nil: undefined }),
        (text, stream, its, attrs) => {
          const line = JSON.stringify({ log: text, stream, attrs, time: its });
          assert.deepEqual(docker(line), parsed(line));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('says what JSON.parse says of what looks like an entry, or nearly', () => {
    const piece = fc.constantFrom(
      ...[
        '{"log":"',
        '","stream":"stdout"',
        '","stream":"stderr","time":"',
        `${TIME}"}`,
        `,"time":"${TIME}"}`,
        ...['","stream":"stderr","attrs":{"a":"b"', '","stream":"stdout","attrs":{', '"c":"d"', ','],
      ],
      ...['a', '\\n', '\\', '"', '","log":"b', '}', ',"x":1', '\\u00e9', '{', 'é'],
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 2, maxLength: 7 }), pieces => {
        const line = pieces.join('');
        assert.deepEqual(docker(line), parsed(line));
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('CriReader', () => {
  it('takes whole lines and pieces, with a time in any zone', () => {
    assert.deepEqual(cri(`${TIME} stdout F a  b `), { output: 'stdout', text: 'a  b \n', ms: MS });
    assert.deepEqual(cri(`${TIME} stderr P a\r`), { output: 'stderr', text: 'a\r', ms: MS });
    assert.deepEqual(cri('2026-11-21T12:00:00.500000000+02:00 stdout F '), {
      output: 'stdout',
      text: '\n',
      ms: MS,
    });
    assert.deepEqual(cri(`${TIME} stdout F`), { output: 'stdout', text: '\n', ms: MS });
    assert.deepEqual(cri(`${TIME} stdout P:x:y a`), { output: 'stdout', text: 'a', ms: MS });
  });

  it('refuses what is no entry', () => {
    const bad = [
      '',
      'plain text that is long enough',
      `${TIME} stdout`,
      `${TIME} stdout `,
      `${TIME} other F a`,
    ];
    const worse = [
      `${TIME} stdout X a`,
      `${TIME} stdout Full a`,
      `${TIME}  stdout F a`,
      `never${TIME} stdout F a`,
    ];
    for (const line of [...bad, ...worse]) assert.equal(cri(line), undefined, line);
  });
});
