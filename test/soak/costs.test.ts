import assert from 'node:assert/strict';
import { it } from 'node:test';
import { costsOf } from './costs.ts';
import type { Sample } from './samples.ts';

/** A minute of a process, a look at it each second. */
function minute(rssMb: (seconds: number) => number): Sample[] {
  return Array.from({ length: 61 }, (_, seconds) => ({
    ...{ seconds, rssMb: rssMb(seconds), peakRssMb: 0, anonymousMb: 0 },
    ...{ cpuSeconds: seconds / 10, descriptors: 30 + (seconds % 3) },
  }));
}

it('memory that grew in the first half of a run and is flat since has no slope', () => {
  const { memory, cpuPercent, descriptors } = costsOf(minute(seconds => 100 + Math.min(seconds, 30)));
  assert.ok(Math.abs(memory.slopeMbPerHour) < 1e-6);
  assert.deepEqual(memory.quartersMb, [108, 123, 130, 130]);
  assert.equal(memory.mostMb, 130);
  assert.ok(Math.abs(cpuPercent - 10) < 1e-9);
  assert.deepEqual(descriptors, { first: 30, last: 30, most: 32 });
});

it('memory that still grows shows by how much', () => {
  assert.ok(Math.abs(costsOf(minute(seconds => seconds)).memory.slopeMbPerHour - 3600) < 1e-6);
});
