/** Half a minute of what `npm run soak` does for an hour. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasKafka } from '../helpers/kafka-jars.ts';
import { scopeOf } from '../helpers/scope.ts';
import { kafkaSoakSink } from '../soak/kafka.ts';
import { lokiSoakSink } from '../soak/loki.ts';
import { isWhole } from '../soak/sink.ts';
import { soak } from '../soak/soak.ts';

const LINES_PER_SECOND = 10_000;
const STEP_MS = 2500;
/** Starting Kafka twice and reading all that it has takes longer than the run. */
const TIMEOUT_MS = 300_000;
/** Loose: the machine may be busy, and what an outage holds up is in memory. */
const MOST_MB = 500;

it('rotations, reloads and an outage of each sink at 10 000 lines/s: every line in both, once', {
  timeout: TIMEOUT_MS,
}, async t => {
  if (!hasKafka(t)) return;
  const scope = scopeOf(t);
  const sinks = [await lokiSoakSink(scope, 'loki'), await kafkaSoakSink(scope)] as const;
  const report = await soak(scope, {
    // The cycle that has begun is finished.
    ...{ minutes: 0.1, stepMs: STEP_MS, linesPerSecond: LINES_PER_SECOND, sinks },
    onStep: (what, { seconds }) => t.diagnostic(`${Math.round(seconds)} s: ${what}`),
  });
  for (const [name, verdict] of report.verdicts)
    assert.ok(isWhole(verdict), `${name}: ${JSON.stringify(verdict)}`);
  assert.ok(report.memory.mostMb < MOST_MB, JSON.stringify(report.memory));
});
