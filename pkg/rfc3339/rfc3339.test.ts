import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Rfc3339Reader } from './rfc3339.ts';

const MAX_MS = 0xffff_ffff * 1000;

function read(text: string): { readonly sec: number; readonly nanos: number } | undefined {
  const reader = new Rfc3339Reader();
  const bytes = Buffer.from(`<<${text}>>`);
  return reader.read(bytes, 2, bytes.length - 2) ? { sec: reader.sec, nanos: reader.nanos } : undefined;
}

describe('Rfc3339Reader', () => {
  it('example: nanoseconds are kept', () => {
    assert.deepEqual(read('1970-01-02T00:00:01.000000002Z'), { sec: 86_401, nanos: 2 });
  });

  it('says what Date says of every time, with any fraction and any offset', () => {
    const digits = fc.stringMatching(/^\d{0,12}$/);
    const offset = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(fc.nat({ max: MAX_MS / 1000 }), digits, fc.option(offset), (sec, fraction, minutes) => {
        const ahead = (minutes ?? 0) * 60;
        fc.pre(sec + ahead >= 0);
        const local = new Date((sec + ahead) * 1000).toISOString().slice(0, 19);
        const two = (value: number): string => String(value).padStart(2, '0');
        const size = Math.abs(minutes ?? 0);
        const zone =
          minutes === null ? 'Z' : `${ahead < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const text = local + (fraction === '' ? '' : `.${fraction}`) + zone;
        assert.deepEqual(read(text), { sec, nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) });
      }),
    );
  });

  it('refuses what is no time, and keeps what it read before', () => {
    const good = '2026-11-21T10:00:00.123Z';
    const reader = new Rfc3339Reader();
    reader.read(Buffer.from(good), 0, good.length);
    const bad = [
      ...[
        '',
        'yesterday',
        '2026-11-21',
        '2026-11-21T10:00:00',
        '2026-11-21 10:00:00Z',
        '2026-11-21T10:00:00.Z',
      ],
      ...['2026-02-29T10:00:00Z', '2026-13-01T10:00:00Z', '2026-11-21T24:00:00Z', '2026-11-21T10:60:00Z'],
      ...[
        '2026-11-21T10:00:00+1:00',
        '2026-11-21T10:00:00ZZ',
        '2026-11-21T10:00:00+01:00Z',
        '0001-01-01T00:00:00Z',
      ],
      ...['2026-11-21T10:00:0xZ', '-026-11-21T10:00:00Z', '2106-02-07T06:28:16Z', '2026-11-21T10:00:00.1x3Z'],
    ];
    for (const text of bad) assert.equal(reader.read(Buffer.from(text), 0, text.length), false, text);
    assert.deepEqual([reader.sec, reader.nanos], [Date.parse(`${good.slice(0, 19)}Z`) / 1000, 123_000_000]);
  });

  it('never throws, and never gives what is no instant', () => {
    const char = fc.constantFrom(...'0123456789TZ-+:. '.split(''));
    fc.assert(
      fc.property(fc.string({ unit: char, minLength: 15, maxLength: 40 }), text => {
        const time = read(text);
        if (time !== undefined) assert.ok(time.sec >= 0 && time.nanos >= 0 && time.nanos < 1e9);
      }),
    );
  });
});
