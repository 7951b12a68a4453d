import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { LcError } from '../../pkg/errors/errors.ts';
import { LabelsCOW } from '../../pkg/types/labels-cow.ts';
import { cleanFields, cleanText } from './clean.ts';

test('values under secret names are masked, however deep and however written', () => {
  const secrets = {
    password: 'hunter2',
    saslPassword: 'hunter2',
    api_key: 'hunter2',
    tls: { key: 'hunter2', ca: 'public' },
    list: [{ 'X-Auth-Token': 'hunter2' }],
    headers: new Map([['Authorization', 'hunter2']]),
    client_secrets: ['hunter2'],
    bearer: 'hunter2',
  };
  const cleaned = cleanFields(secrets);
  assert.ok(!JSON.stringify(cleaned).includes('hunter2'));
  assert.deepEqual(cleaned.tls, { key: '***', ca: 'public' });
});

test('names that only contain the letters of a secret word are kept', () => {
  const kept = { monkey: 1, keyboard: 2, tokenizer: 3, secretary: 4 };
  assert.deepEqual(cleanFields(kept), kept);
});

test('credentials in addresses and headers are masked wherever they stand', () => {
  assert.equal(
    cleanText('push to http://me:hunter2@loki:3100/x failed'),
    'push to http://***@loki:3100/x failed',
  );
  assert.equal(cleanText('http://me:p@ss@loki/'), 'http://***@loki/');
  assert.equal(cleanText('sent Authorization: Bearer abc.DEF-1='), 'sent Authorization: Bearer ***');
  assert.equal(cleanText('sent Basic dXNlcjpodW50ZXIy'), 'sent Basic ***');
  const error = new Error('cannot reach http://me:hunter2@loki');
  assert.ok(!JSON.stringify(cleanFields({ error })).includes('hunter2'));
});

test('an error is told by code, message, advice and its chain of causes', () => {
  const refused = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
  const error = new LcError('LC_SINK_START', {
    message: 'no answer',
    advice: 'Look at url.',
    cause: refused,
  });
  assert.deepEqual(cleanFields({ error }), {
    error: {
      code: 'LC_SINK_START',
      message: 'no answer',
      advice: 'Look at url.',
      cause: { code: 'ECONNREFUSED', message: 'connect refused' },
    },
  });
});

test('a bug brings its stack along', () => {
  const cleaned = JSON.stringify(cleanFields({ error: new TypeError('x is not a function') }));
  assert.match(cleaned, /"code":"TypeError"/);
  assert.match(cleaned, /clean\.test\.ts/);
});

test('several errors in one are all told', () => {
  const error = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')], '');
  const cleaned = JSON.stringify(cleanFields({ error }));
  assert.match(cleaned, /::1 refused.*127\.0\.0\.1 refused/);
});

test('circles, giants and odd values become small plain data', () => {
  const circle: Record<string, unknown> = { name: 'a' };
  circle.self = circle;
  const cleaned = cleanFields({
    circle,
    text: 'x'.repeat(1_000_000),
    list: Array.from({ length: 100_000 }, (_, i) => i),
    object: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, i])),
    big: 10n ** 30n,
    nan: Number.NaN,
    bytes: Buffer.from('secret bytes'),
    nothing: undefined,
  });
  assert.ok(JSON.stringify(cleaned).length < 10_000);
  assert.equal(cleaned.bytes, '<12 bytes>');
  assert.equal(cleaned.nan, 'NaN');
  assert.ok(!('nothing' in cleaned));
});

test('objects of a class are told as their JSON, or by name alone', () => {
  const cleaned = cleanFields({ labels: LabelsCOW.from({ job: 'a' }), socket: new Socket() });
  assert.deepEqual(cleaned, { labels: { job: 'a' }, socket: '<Socket>' });
});
