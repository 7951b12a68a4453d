import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testStream } from '../../../test/helpers/chunks.ts';
import { KafkaStreams, type KafkaStreamsOptions } from './kafka-stream.ts';
import { keyHash } from './murmur2.ts';

const OPTIONS: KafkaStreamsOptions = {
  ...{ topic: 'logs-{job}', allowedTopics: [], key: '' },
  ...{ format: 'raw', dedupeHeaders: false },
};
const stream = testStream({ job: 'web', host: 'a' });

function keyOf(key: string): string {
  return new KafkaStreams({ ...OPTIONS, key }).of(stream).frame.key.toString('utf8', 1);
}

test("a stream's id is its key, unless a template says another", () => {
  assert.equal(keyOf(''), stream.id);
  assert.equal(keyOf('{job}@{host}'), 'web@a');
  assert.equal(keyOf('{none}'), stream.id);
});

test('the hash is that of the key', () => {
  assert.equal(
    new KafkaStreams({ ...OPTIONS, key: '{job}' }).of(stream).keyHash,
    keyHash(Buffer.from('web')),
  );
});

test('a topic that is not allowed is refused with its name', () => {
  const streams = new KafkaStreams({ ...OPTIONS, allowedTopics: ['logs-db'] });
  assert.match(streams.of(stream).refusal?.message ?? '', /logs-web/);
  assert.equal(streams.of(testStream({ job: 'db' })).refusal, undefined);
});

test('a stream is looked at once', () => {
  const streams = new KafkaStreams(OPTIONS);
  assert.equal(streams.of(stream), streams.of(stream));
});
