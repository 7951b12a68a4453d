import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { type Answer, type Verdict, verdictOf } from './verdict.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 7, 24, 32);

function verdict(answer: Partial<Answer>): Verdict {
  const empty = { status: 204, text: '', isCut: false, contentType: 'text/plain', retryAfter: '' };
  return verdictOf({ ...empty, ...answer }, NOW_MS);
}

/** A verdict in two words. */
function summary(given: Verdict): string {
  return given.as === 'stored' ? 'stored' : `${given.as} ${given.failure.kind}`;
}

/** What was recorded from a real Loki, and what stands between it and us. */
const ANSWERS: readonly (readonly [status: number, text: string, expected: string, contentType?: string])[] =
  [
    [204, '', 'stored'],
    [200, '', 'stored'],
    [260, "ingestion blocked for user fake until '…' with status code '260'\n", 'failed not_stored'],
    [403, "ingestion blocked for user fake until '…' with status code '403'\n", 'failed not_stored'],
    [
      260,
      "ingestion blocked for user 'fake' (policy: 'finance') until '…' with status code '260'\n",
      'over_streams not_stored',
    ],
    [422, 'error at least one valid stream is required for ingestion\n', 'refused rejected'],
    [400, "max entry size '262144' bytes exceeded for stream '{job=\"b\"}'\n", 'refused rejected'],
    [400, "1 errors like: entry for stream '{}' has timestamp too old: …\n", 'refused rejected'],
    [400, "couldn't parse labels: 1:3: parse error: …\n", 'bad_labels rejected'],
    [400, "stream '{}' has structured metadata too large: '71683' bytes\n", 'refused rejected'],
    [400, "tenant ID 'a/b' contains unsupported character '/'\n", 'failed unauthorized'],
    [400, 'tenant ID is too long: max 150 characters\n', 'failed unauthorized'],
    [400, 'multiple org IDs present\n', 'failed unauthorized'],
    [400, 'loghttp.PushRequest.readFieldHash: expect ", but found …\n', 'failed internal'],
    [400, 'snappy: corrupt input\n', 'failed internal'],
    [400, 'proto: PushRequest: wiretype end group for non-group\n', 'failed internal'],
    [413, 'request too large\n', 'too_large too_large'],
    [413, 'request body too large: stream labels size 72 kB exceeds limit of 66 kB\n', 'bad_labels rejected'],
    [400, 'decompressed message size too large than max (9 vs 8)\n', 'too_large too_large'],
    [400, 'compressed message size 9 exceeds limit 8\n', 'too_large too_large'],
    [500, 'label name is empty\n', 'bad_labels rejected'],
    [500, 'normalization for label name "___" resulted in invalid name "_"\n', 'bad_labels rejected'],
    [413, '<html>413 Request Entity Too Large</html>', 'too_large too_large', 'text/html'],
    [500, 'rpc error: … received message larger than max (5235044 vs. 4194304)\n', 'too_large too_large'],
    [400, 'http: request body too large\n', 'too_large too_large'],
    [
      429,
      'ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while\n',
      'over_rate rate_limited',
    ],
    [
      429,
      'Ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while\n',
      'over_rate rate_limited',
    ],
    [429, 'maximum active stream limit exceeded when trying to create stream\n', 'over_streams rate_limited'],
    [
      429,
      "entry with timestamp … ignored, reason: 'per stream rate limit exceeded\n",
      'refused rate_limited',
    ],
    [429, 'slow down\n', 'failed rate_limited'],
    [500, 'empty ring\n', 'failed unavailable'],
    [503, '<html>bad gateway</html>', 'failed unavailable', 'text/html'],
    [401, 'no org id\n', 'failed unauthorized'],
    [403, '', 'failed unauthorized'],
    [407, '', 'failed unauthorized'],
    [404, '404 page not found\n', 'failed unavailable'],
    [405, '', 'failed unavailable'],
    [408, '', 'failed timeout'],
    [418, '', 'failed unavailable'],
    [301, '', 'failed unavailable'],
    [400, '<html>The plain HTTP request was sent to HTTPS port</html>', 'failed unavailable', 'text/html'],
    [400, '', 'failed unavailable'],
    [200, '<html>Please log in</html>', 'failed not_stored', 'text/html; charset=utf-8'],
    [999, '', 'failed unavailable'],
  ];

describe('an answer and what it means', () => {
  for (const [status, text, expected, contentType = 'text/plain'] of ANSWERS)
    it(`${status} ${text.trim().slice(0, 60)}: ${expected}`, () => {
      assert.equal(summary(verdict({ status, text, contentType })), expected);
    });
});

test('the limit of the rate is read from the text', () => {
  const text = 'ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to\n';
  const given = verdict({ status: 429, text });
  assert.equal(given.as === 'over_rate' && given.bytesPerSecond, 4_194_304);
});

test('words are cut in the middle to 512 characters, and never within one', () => {
  for (const long of ['😀'.repeat(10_000), 'x'.repeat(513), 'x'.repeat(3000), `a${' '.repeat(9999)}`]) {
    const given = verdict({ status: 500, text: `first ${long} last` });
    const message = given.as === 'failed' ? given.failure.message : '';
    assert.ok(message.length <= '500: '.length + 512 && message.isWellFormed());
    assert.match(message, /^500: first .*…?.* last$/);
  }
});

describe('Retry-After', () => {
  const cases: readonly (readonly [header: string, afterMs: number | undefined])[] = [
    ['7', 7000],
    ['0', 0],
    ['99999999999', 300_000],
    ['Sat, 21 Nov 2026 07:24:42 GMT', 10_000],
    ['Sat, 21 Nov 2026 07:00:00 GMT', 0],
    ['Sat, 21 Nov 2099 07:00:00 GMT', 300_000],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
  ];
  for (const [retryAfter, afterMs] of cases)
    it(`"${retryAfter}" is ${afterMs} ms`, () => {
      for (const status of [429, 503]) {
        const given = verdict({ status, retryAfter });
        assert.equal(given.as === 'failed' ? given.afterMs : 'not failed', afterMs);
      }
    });

  it('counts more than the limit that the text of a 429 names', () => {
    const text = 'ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while\n';
    const given = verdict({ status: 429, text, retryAfter: '3' });
    assert.equal(given.as === 'failed' && given.afterMs, 3000);
  });
});
