import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import { type Answer, tooLarge, verdictOf } from './verdict.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 7, 24, 32);

function verdict(answer: Partial<Answer>, records = 3): Outcome {
  return verdictOf(
    { status: 204, text: '', contentType: 'text/plain', retryAfter: '', ...answer },
    records,
    NOW_MS,
  );
}

/** An outcome in two words. */
function summary(outcome: Outcome): string {
  if (outcome.kind === 'delivered') return 'delivered';
  if (outcome.kind === 'rejected') return `rejected ${outcome.refusals.map(({ kind }) => kind).join()}`;
  return `${outcome.kind} ${outcome.failure.kind}`;
}

/** What was recorded from a real Loki, and what stands between it and us. */
const ANSWERS: readonly (readonly [status: number, text: string, expected: string, contentType?: string])[] =
  [
    [204, '', 'delivered'],
    [200, '', 'delivered'],
    [260, 'ingestion blocked for user fake', 'retry not_stored'],
    [422, 'error at least one valid stream is required for ingestion\n', 'rejected rejected'],
    [400, "max entry size '262144' bytes exceeded for stream '{job=\"b\"}'\n", 'rejected rejected'],
    [400, "1 errors like: entry for stream '{}' has timestamp too old: …\n", 'rejected rejected'],
    [400, "couldn't parse labels: 1:3: parse error: …\n", 'rejected rejected'],
    [400, "stream '{}' has structured metadata too large: '71683' bytes\n", 'rejected rejected'],
    [400, 'snappy: corrupt input\n', 'retry internal'],
    [400, 'proto: PushRequest: wiretype end group for non-group\n', 'retry internal'],
    [413, 'request too large\n', 'split too_large'],
    [413, '<html>413 Request Entity Too Large</html>', 'split too_large', 'text/html'],
    [500, 'rpc error: … received message larger than max (5235044 vs. 4194304)\n', 'split too_large'],
    [400, 'http: request body too large\n', 'split too_large'],
    [429, 'ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec)\n', 'retry rate_limited'],
    [429, 'maximum active stream limit exceeded when trying to create stream\n', 'retry rate_limited'],
    [500, 'empty ring\n', 'retry unavailable'],
    [503, '<html>bad gateway</html>', 'retry unavailable', 'text/html'],
    [401, 'no org id\n', 'retry unauthorized'],
    [403, '', 'retry unauthorized'],
    [407, '', 'retry unauthorized'],
    [404, '404 page not found\n', 'retry unavailable'],
    [405, '', 'retry unavailable'],
    [408, '', 'retry timeout'],
    [418, '', 'retry unavailable'],
    [301, '', 'retry unavailable'],
    [400, '<html>The plain HTTP request was sent to HTTPS port</html>', 'retry unavailable', 'text/html'],
    [200, '<html>Please log in</html>', 'retry not_stored', 'text/html; charset=utf-8'],
    [999, '', 'retry unavailable'],
  ];

describe('an answer and what it means', () => {
  for (const [status, text, expected, contentType = 'text/plain'] of ANSWERS)
    it(`${status} ${text.trim().slice(0, 60)}: ${expected}`, () => {
      assert.equal(summary(verdict({ status, text, contentType })), expected);
    });
});

test('a refusal names every record, in the words of Loki', () => {
  assert.deepEqual(verdict({ status: 400, text: 'too\n\u0000 old\n' }), {
    kind: 'rejected',
    refusals: [{ kind: 'rejected', message: '400: too old', records: Uint32Array.of(0, 1, 2) }],
  });
});

test('a single record that is too large is refused, for it cannot be split', () => {
  assert.equal(summary(verdict({ status: 413 }, 1)), 'rejected too_large');
  assert.equal(summary(tooLarge('too large', 1)), 'rejected too_large');
  assert.equal(summary(tooLarge('too large', 2)), 'split too_large');
});

test('words are cut at 512 characters, and never within one', () => {
  const outcome = verdict({ status: 500, text: '😀'.repeat(10_000) });
  const message = outcome.kind === 'retry' ? outcome.failure.message : '';
  assert.ok(message.length <= '500: '.length + 512 && message.endsWith('…') && message.isWellFormed());
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
        const outcome = verdict({ status, retryAfter });
        assert.equal(outcome.kind === 'retry' ? outcome.afterMs : 'not retried', afterMs);
      }
    });
});
