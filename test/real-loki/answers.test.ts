/** The receiver against a real Loki: the same pushes get the same status and text from both, and both keep the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_LIMITS } from '../../internal/receiver/options.ts';
import { Receiver } from '../../internal/receiver/receiver.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { pushStreams, type TestStream } from '../helpers/encode-push.ts';
import { keptOf } from '../helpers/loki-reader.ts';
import type { TestScope } from '../helpers/process.ts';
import { lokiProgram, RealLoki } from '../helpers/real-loki.ts';
import { Scope, scopeOf } from '../helpers/scope.ts';
import { PUSHES, type PushCase } from './pushes.ts';
import { randomPushes } from './random-pushes.ts';

/** What was answered to each push, and what is kept after all of them. */
interface Experience {
  readonly answers: readonly string[];
  readonly kept: readonly string[];
}

function tenantOf({ title }: PushCase): string {
  return title.replaceAll(/[^a-z0-9]+/gi, '-');
}

async function experience(
  url: string,
  { pushes }: Pick<PushCase, 'pushes'>,
  tenant: string,
): Promise<Experience> {
  const answers: string[] = [];
  for (const streams of pushes) answers.push(await answerTo(url, streams, tenant));
  return { answers, kept: await keptOf(url, tenant) };
}

async function answerTo(url: string, streams: readonly TestStream[], tenant: string): Promise<string> {
  const response = await pushStreams(url, streams, { 'x-scope-orgid': tenant });
  const text = (await response.text())
    .replaceAll(`user ${tenant}`, 'user fake')
    .replaceAll(`'${tenant}'`, "'fake'")
    // Moments of the push, and a size that counts what Loki adds.
    .replaceAll(/(oldest acceptable timestamp is: )[\dTZ:-]+/g, '$1…')
    .replaceAll(/\(\d+ vs\. /g, '(… vs. ');
  // Loki says several in any order.
  const [first = '', ...rest] = text.split(/; (?=\d+ errors like: )/).map(part => part.trimEnd());
  return `${response.status} ${[first, ...rest].sort().join('; ')}`;
}

async function startReceiver(scope: TestScope, limits: PushCase['receiver']): Promise<string> {
  const receiver = new Receiver(
    { limits: { ...DEFAULT_LIMITS, ...limits } },
    { clock: systemClock, log: silentLogger },
  );
  await receiver.start();
  scope.after(() => receiver.close());
  return receiver.url;
}

test('the receiver answers and keeps as a real Loki does', async t => {
  const program = lokiProgram(t);
  if (program === undefined) return;
  const tenants = Object.fromEntries(PUSHES.map(given => [tenantOf(given), given.loki ?? {}]));
  const loki = await RealLoki.start(scopeOf(t), program, tenants);
  for (const given of PUSHES)
    await t.test(given.title, async t => {
      const url = await startReceiver(t, given.receiver);
      const real = await experience(loki.url, given, tenantOf(given));
      t.diagnostic(real.answers.join(' | ').slice(0, 300));
      assert.deepEqual(await experience(url, given, tenantOf(given)), real);
    });
});

test('so it does with whatever is pushed', async t => {
  const program = lokiProgram(t);
  if (program === undefined) return;
  const loki = await RealLoki.start(scopeOf(t), program);
  let tenants = 0;
  const property = fc.asyncProperty(randomPushes, async pushes => {
    const scope = new Scope();
    const tenant = `random-${tenants++}`;
    try {
      const url = await startReceiver(scope, {});
      assert.deepEqual(
        await experience(url, { pushes }, tenant),
        await experience(loki.url, { pushes }, tenant),
      );
    } finally {
      await scope.close();
    }
  });
  await fc.assert(property, { numRuns: 60 });
});
