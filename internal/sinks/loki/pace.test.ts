import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay } from '../../../pkg/clock/clock.ts';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { Pace } from './pace.ts';

const MIB = 1 << 20;
const never: readonly AbortSignal[] = [];

/** A tenant's limit as Loki keeps it: all of a push or nothing. */
class Bucket {
  rate: number;
  #tokens: number;
  #burst: number;
  #atMs = 0;

  constructor(rate: number, burst: number) {
    this.rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(bytes: number, nowMs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.rate);
    this.#atMs = nowMs;
    if (bytes > this.#tokens) return false;
    this.#tokens -= bytes;
    return true;
  }
}

/** Four senders that always have something to send; returns bytes stored a second, and requests per stored push. */
async function saturate(clock: ManualClock, pace: Pace, bucket: Bucket, seconds: number, latencyMs = 5) {
  let [requests, stored, isOver] = [0, 0, false];
  const sender = async (): Promise<void> => {
    while (!isOver) {
      const epoch = await pace.turn(MIB, never);
      await delay(clock, latencyMs);
      requests++;
      if (bucket.take(MIB, clock.monotonicMs())) {
        stored++;
        pace.taken(MIB);
      } else pace.refused(MIB, bucket.rate, epoch);
    }
  };
  const senders = [sender(), sender(), sender(), sender()];
  await clock.advance(seconds * 1000);
  isOver = true;
  await clock.advance(60_000);
  await Promise.all(senders);
  return { bytesPerSecond: (stored * MIB) / seconds, requestsPerPush: requests / stored };
}

test('without a limit nothing is held back', async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  for (let n = 0; n < 1000; n++) await pace.turn(MIB, never);
  assert.equal(clock.armed, 0);
});

test('a limit of 4 MiB a second is used to nine tenths, with few refusals', async () => {
  const clock = new ManualClock();
  const { bytesPerSecond, requestsPerPush } = await saturate(
    clock,
    new Pace(clock),
    new Bucket(4 * MIB, 6 * MIB),
    60,
  );
  assert.ok(bytesPerSecond > 3.6 * MIB && bytesPerSecond < 4.4 * MIB, String(bytesPerSecond / MIB));
  assert.ok(requestsPerPush < 1.1, String(requestsPerPush));
});

test('a limit that is raised, or shared no more, is found', async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  const bucket = new Bucket(4 * MIB, 6 * MIB);
  await saturate(clock, pace, bucket, 20);
  bucket.rate = 16 * MIB;
  await saturate(clock, pace, bucket, 200);
  const { bytesPerSecond } = await saturate(clock, pace, bucket, 20);
  assert.ok(bytesPerSecond > 12 * MIB, String(bytesPerSecond / MIB));
});

test('a wait ends when it is given up', async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  pace.refused(MIB, 1000, 0);
  const stop = new AbortController();
  const turn = pace.turn(MIB, [stop.signal]);
  stop.abort();
  await turn;
  assert.equal(clock.armed, 0);
});
