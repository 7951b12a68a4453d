import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type InterruptedRun, interruptedRun, type RunReport } from '../helpers/interrupted-run.ts';
import { scopeOf } from '../helpers/scope.ts';

const BYTES = 60e6;

async function shipped(t: TestContext, run: Omit<InterruptedRun, 'dir' | 'bytes'>): Promise<RunReport> {
  const scope = scopeOf(t);
  return interruptedRun(scope, { dir: await scope.folder(), bytes: BYTES, ...run });
}

describe('a file of numbered lines', () => {
  it('arrives complete, in order, once', async t => {
    const report = await shipped(t, {
      copyMode: 'optimized',
      interruptions: 0,
      interrupt: async () => undefined,
    });
    const { missing, resent, duplicates, outOfOrder, isUnchanged } = report;
    assert.deepEqual({ missing, resent, duplicates, outOfOrder, isUnchanged }, WHOLE);
    const settled = report.metrics.get('log_capturer_logs_settled_total{sink="loki",outcome="delivered"}');
    assert.equal(settled, report.lines);
  });

  it('arrives complete, in order, once, when the agent is stopped and started five times on the way', async t => {
    const report = await shipped(t, {
      copyMode: 'safe',
      interruptions: 5,
      interrupt: async agent => assert.equal(await agent.stop('SIGTERM'), 0),
    });
    const { missing, resent, duplicates, outOfOrder, isUnchanged } = report;
    assert.deepEqual({ missing, resent, duplicates, outOfOrder, isUnchanged }, WHOLE);
  });

  it('arrives complete when the agent is killed ten times, and what comes again is the same to the byte', async t => {
    const report = await shipped(t, {
      copyMode: 'optimized',
      interruptions: 10,
      interrupt: agent => agent.kill9(),
    });
    const { missing, duplicates, outOfOrder, isUnchanged } = report;
    assert.deepEqual({ missing, resent: 0, duplicates, outOfOrder, isUnchanged }, WHOLE);
    t.diagnostic(`${report.resent} of ${report.lines} lines came again`);
  });
});

const WHOLE = { missing: 0, resent: 0, duplicates: 0, outOfOrder: 0, isUnchanged: true };
