import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

const OPTIONS = {
  failures: 3,
  resetMs: 10_000,
  backoff: { kind: 'linear', delayMs: 100, maxDelayMs: 1000 },
} as const;

describe('CircuitBreaker', () => {
  it('is closed until the configured failures, then open, and half-open while it probes', () => {
    const breaker = new CircuitBreaker(OPTIONS);
    breaker.failed(0, false);
    assert.deepEqual([breaker.state, breaker.retryAtMs], ['closed', 100]);
    breaker.probing();
    breaker.failed(100, true);
    breaker.probing();
    breaker.failed(300, true);
    assert.deepEqual([breaker.state, breaker.retryAtMs], ['open', 10_300]);
    breaker.probing();
    assert.equal(breaker.state, 'half-open');
    assert.equal(breaker.succeeded(), true);
    assert.equal(breaker.state, 'closed');
  });

  it('counts only probes while it fails: what was on its way says nothing new', () => {
    const breaker = new CircuitBreaker(OPTIONS);
    assert.equal(breaker.failed(0, false), true);
    assert.equal(breaker.failed(1, false), false);
    assert.deepEqual([breaker.failures, breaker.retryAtMs], [1, 100]);
  });

  it('lets no second probe out before the first is answered', () => {
    const breaker = new CircuitBreaker(OPTIONS);
    breaker.failed(0, false);
    assert.equal(breaker.mayProbe(99), false);
    assert.equal(breaker.mayProbe(100), true);
    breaker.probing();
    assert.equal(breaker.mayProbe(200), false);
  });
});

describe('backoffMs', () => {
  it('exponential: anywhere below a ceiling that doubles up to the maximum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retry, random) => {
          const pauseMs = backoffMs(
            { kind: 'exponential', delayMs: 1000, maxDelayMs: 30_000 },
            retry,
            () => random,
          );
          assert.ok(pauseMs >= 0 && pauseMs <= Math.min(30_000, 1000 * 2 ** (retry - 1)));
        },
      ),
    );
  });

  it('linear: delay × retry up to the maximum', () => {
    const linear = { kind: 'linear', delayMs: 1000, maxDelayMs: 2500 } as const;
    assert.deepEqual(
      [1, 2, 3].map(retry => backoffMs(linear, retry)),
      [1000, 2000, 2500],
    );
  });
});
