/** Our table of verdicts beside Kafka's own list of errors, as its jar prints it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOf } from '../../internal/sinks/kafka/verdict.ts';
import { hasKafka, runKafkaTool } from '../helpers/kafka-jars.ts';

/** Name, code, and whether Kafka's own clients try again. */
const ROW = /<td>(\w+)<\/td><td>(-?\d+)<\/td><td>(True|False)<\/td>/g;

test('errors have the names that Kafka gives them, and what Kafka tries again is tried again', async t => {
  if (!hasKafka(t)) return;
  const page = (await runKafkaTool('org.apache.kafka.common.protocol.Errors', [])).replaceAll('\n', '');
  const errors = [...page.matchAll(ROW)].map(([, name, code, retriable]) => ({
    ...{ name, code: Number(code), isRetriable: retriable === 'True' },
  }));
  assert.ok(errors.length > 130, `${errors.length} errors`);
  for (const { name, code, isRetriable } of errors) {
    const verdict = verdictOf(code);
    if (isRetriable) assert.equal(verdict.as, 'retry', name);
    if (verdict.as === 'stored') continue;
    const { message } = verdict.failure;
    assert.ok(
      message.startsWith(`${name} (${code})`) || message.startsWith('an error ('),
      `${name}: ${message}`,
    );
  }
});
