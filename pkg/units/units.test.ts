import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from './units.ts';

describe('bytes', () => {
  it('example: sizes as people write them', () => {
    assert.equal(parseBytes('256KiB'), 262_144);
    assert.equal(parseBytes('64KB'), 64_000);
    assert.equal(parseBytes(1024), 1024);
    assert.equal(formatBytes(262_144), '256KiB');
  });

  const sizes: [string | number, number | undefined][] = [
    ['0', 0],
    ['17', 17],
    ['17B', 17],
    ['1MiB', 1_048_576],
    ['1.5 GiB', 1_610_612_736],
    [' 2tb ', 2e12],
    ['1 mib', 1_048_576],
    [-1, undefined],
    [1.5, undefined],
    [Number.NaN, undefined],
    ['', undefined],
    ['KiB', undefined],
    ['1  KiB', undefined],
    ['-1KiB', undefined],
    ['1e3', undefined],
    ['1KiBs', undefined],
    ['1Kib2', undefined],
    ['constructor', undefined],
    ['9999999999TiB', undefined],
  ];
  for (const [text, bytes] of sizes) {
    it(`parses ${JSON.stringify(text)} as ${bytes}`, () => assert.equal(parseBytes(text), bytes));
  }

  it('formats exactly what it parses back', () => {
    const size = fc.oneof(
      fc.maxSafeNat(),
      fc
        .tuple(fc.nat({ max: 4095 }), fc.nat({ max: 4 }))
        .map(([count, exponent]) => count * 1024 ** exponent),
    );
    fc.assert(fc.property(size, bytes => assert.equal(parseBytes(formatBytes(bytes)), bytes)));
  });
});

describe('durations', () => {
  it('example: durations as people write them', () => {
    assert.equal(parseDurationMs('250ms'), 250);
    assert.equal(parseDurationMs('1m30s'), 90_000);
    assert.equal(parseDurationMs('7d'), 604_800_000);
    assert.equal(formatDurationMs(90_000), '1m30s');
  });

  const durations: [string, number | undefined][] = [
    ['0s', 0],
    ['5s', 5000],
    ['1.5h', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    [' 1s ', 1000],
    ['', undefined],
    ['5', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1s1m', undefined],
    ['1s 2ms', undefined],
    ['1S', undefined],
    ['1year', undefined],
    ['999999999999999d', undefined],
  ];
  for (const [text, ms] of durations) {
    it(`parses ${JSON.stringify(text)} as ${ms}`, () => assert.equal(parseDurationMs(text), ms));
  }

  it('formats exactly what it parses back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e13 }), ms => assert.equal(parseDurationMs(formatDurationMs(ms)), ms)),
    );
  });
});

it('never throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      for (const parsed of [parseBytes(text), parseDurationMs(text)]) {
        assert.ok(parsed === undefined || (Number.isSafeInteger(parsed) && parsed >= 0));
      }
    }),
  );
});
