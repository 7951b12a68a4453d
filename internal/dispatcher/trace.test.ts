import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { it, type TestContext } from 'node:test';
import { numbered, testChunk } from '../../test/helpers/chunks.ts';
import { dispatcherHarness } from '../../test/helpers/dispatcher-harness.ts';
import { failure } from '../../test/helpers/scripted-sink.ts';

/** What a subscriber hears, as `<channel> <outcome> <records>`. */
function listen(t: TestContext): { heard: string[]; traces: Set<string> } {
  const heard: string[] = [];
  const traces = new Set<string>();
  for (const name of ['chunk.read', 'batch.sent', 'batch.parked', 'batch.stored', 'batch.settled']) {
    const hear = (message: unknown): void => {
      const {
        outcome = '',
        records,
        trace,
      } = message as { outcome?: string; records: number; trace?: string };
      heard.push([name, outcome, records].filter(word => word !== '').join(' '));
      if (trace !== undefined) traces.add(trace);
    };
    channel(`log-capturer:${name}`).subscribe(hear);
    t.after(() => channel(`log-capturer:${name}`).unsubscribe(hear));
  }
  return { heard, traces };
}

it('a subscriber hears of a batch through all that happens to it, under one name', async t => {
  const { heard, traces } = listen(t);
  const { clock, dispatcher, sink } = await dispatcherHarness();
  let sends = 0;
  sink.respond = () =>
    sends++ === 0
      ? failure('network')
      : { kind: 'rejected', refusals: [{ kind: 'rejected', message: 'no', records: Uint32Array.of(1) }] };
  await dispatcher.publish(testChunk(numbered('line', 10)).chunk);
  await clock.advance(3000);
  assert.deepEqual(heard, [
    ...['chunk.read 10', 'batch.sent retry 10', 'batch.parked 10', 'batch.sent rejected 10'],
    ...['batch.settled delivered 9', 'batch.stored 1', 'batch.settled stored 1'],
  ]);
  assert.deepEqual([...traces], ['sink0-0']);
});
