import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingLogger } from '../../../test/helpers/recording-logger.ts';
import { type Label, selectorText } from './push-labels.ts';
import { StreamGuard } from './stream-guard.ts';

const HOUR_MS = 3_600_000;

/** What a guard makes of these streams, one after the other. */
function admitAll(max: number, streams: readonly (readonly Label[])[]) {
  const logger = new RecordingLogger();
  const guard = new StreamGuard(max, logger);
  const admitted = streams.map(labels => guard.admit(labels, 'varlogs', 0));
  return { admitted, texts: new Set(admitted.map(({ labels }) => selectorText(labels))), logger };
}

test('streams below the bound pass as they are', () => {
  const streams = Array.from({ length: 90 }, (_, n): Label[] => [
    ['id', String(n)],
    ['job', 'web'],
  ]);
  const { texts, logger, admitted } = admitAll(100, streams);
  assert.equal(texts.size, 90);
  assert.ok(admitted.every(({ demoted }) => demoted.length === 0));
  assert.equal(logger.lines.length, 0);
});

test('100 000 values of a label: the streams are bounded, with one warning, and no label is lost', () => {
  const streams = Array.from({ length: 100_000 }, (_, n): Label[] => [
    ['id', String(n)],
    ['job', `job ${n % 20}`],
  ]);
  const { texts, logger, admitted } = admitAll(1000, streams);
  assert.ok(texts.size <= 1000, String(texts.size));
  assert.equal(logger.count('loki.max_streams'), 1);
  admitted.forEach(({ labels, demoted }, n) => {
    assert.deepEqual([...labels, ...demoted].sort(), [...streams[n]!].sort());
  });
});

test('when several labels have too many values, one after the other goes', () => {
  const streams = Array.from({ length: 5000 }, (_, n): Label[] => [
    ['a', String(n % 700)],
    ['b', String(n)],
    ['c', String(n % 300)],
  ]);
  const { texts, logger } = admitAll(200, streams);
  assert.ok(texts.size <= 200, String(texts.size));
  assert.equal(logger.count('loki.max_streams'), 3);
});

test('label names that vary do not make it grow', () => {
  const streams = Array.from({ length: 1000 }, (_, n): Label[] => [[`l${n}`, 'x']]);
  const { texts, logger } = admitAll(10, streams);
  assert.ok(texts.size <= 10, String(texts.size));
  assert.ok(logger.lines.length <= 64);
});

test('streams that were not used for an hour make room', () => {
  const guard = new StreamGuard(10, new RecordingLogger());
  for (let hour = 0; hour < 20; hour++)
    for (let n = 0; n < 9; n++) {
      const { demoted } = guard.admit([['id', `${hour}-${n}`]], 'x', hour * HOUR_MS * 1.1);
      assert.deepEqual(demoted, []);
    }
});
