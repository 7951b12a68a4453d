import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathsToLoki, type ReloadAnswer, startAgent } from './agent.ts';
import { assertArrived } from './arrivals.ts';
import { NumberedLog } from './numbered-log.ts';
import { startReceiver } from './receiver.ts';
import type { Scope } from './scope.ts';
import { startWriter } from './steady-writer.ts';

/** What a reload changes; each follows on the one before. */
const STEPS = [
  'sink',
  'source',
  'workers',
  'add sink',
  'remove sink',
  'same',
  'bad',
  'add source',
  'both',
] as const;

const LINES_PER_SECOND = 10_000;

/** What the config of the run says at a time. */
interface Settings {
  timeoutMs: number;
  lineBytes: number;
  workers: number;
  hasExtra: boolean;
  hasLate: boolean;
}

/**
 * Reloads a running agent again and again while 10 000 lines a second come, and fails unless every line has arrived
 * once and in order in the sink that was there all the time, and all books balance.
 */
export async function runReloads(scope: Scope, reloads: number): Promise<void> {
  const dir = await scope.folder();
  const [receiver, other] = await Promise.all([startReceiver(scope), startReceiver(scope)]);
  const logs = ['app', 'late'].map(source => new NumberedLog(source, join(dir, `${source}.log`)));
  const settings: Settings = {
    timeoutMs: 5000,
    lineBytes: 65_536,
    workers: 2,
    hasExtra: false,
    hasLate: false,
  };
  const config = (): object => configOf(settings, dir, receiver.url, other.url);
  for (const log of logs) log.append(100);
  const agent = await startAgent(scope, { config: config(), dir });
  const writer = startWriter(scope, logs, LINES_PER_SECOND);
  for (let n = 0; n < reloads; n++) {
    const step = STEPS[n % STEPS.length]!;
    take(step, settings);
    const bad = step === 'bad' ? { sinks: { loki: { url: 'not a url' } } } : {};
    assertDone(step, await agent.reload({ ...config(), ...bad }));
  }
  await writer.stop();
  if (!settings.hasLate)
    await agent.reload(configOf({ ...settings, hasLate: true }, dir, receiver.url, other.url));
  await assertArrived(receiver, logs);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
}

function take(step: (typeof STEPS)[number], settings: Settings): void {
  if (step === 'sink' || step === 'both') settings.timeoutMs++;
  if (step === 'source' || step === 'both') settings.lineBytes++;
  if (step === 'workers') settings.workers = (settings.workers % 4) + 1;
  if (step === 'add sink') settings.hasExtra = true;
  if (step === 'remove sink') settings.hasExtra = false;
  if (step === 'add source') settings.hasLate = !settings.hasLate;
}

function assertDone(step: (typeof STEPS)[number], answer: ReloadAnswer): void {
  const expected = { bad: 'failed', same: 'unchanged' }[step as string] ?? 'applied';
  assert.equal(answer.result, expected, JSON.stringify(answer));
  if (step === 'sink') assert.deepEqual([answer.sinks.changed, answer.sources.changed], [['loki'], []]);
  if (step === 'source')
    assert.deepEqual([answer.sinks.changed, answer.sources.changed[0]], [[], 'file app']);
}

function configOf(settings: Settings, dir: string, url: string, otherUrl: string): object {
  const { timeoutMs, lineBytes, workers, hasExtra, hasLate } = settings;
  const source = (name: string): object => ({
    ...{ name, paths: [join(dir, `${name}.log`)], labels: { job: 'e2e' } },
    max_line_bytes: lineBytes,
  });
  const { dispatcher } = pathsToLoki([], url);
  return {
    dispatcher,
    file_monitor: { sources: [source('app'), ...(hasLate ? [source('late')] : [])] },
    sinks: {
      loki: { url, workers, timeout: `${timeoutMs}ms` },
      ...(hasExtra ? { extra: { type: 'loki', url: otherUrl } } : {}),
    },
  };
}
