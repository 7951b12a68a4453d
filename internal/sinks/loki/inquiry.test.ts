import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Outcome } from '../../../pkg/types/outcome.ts';
import { partOf } from '../../../test/helpers/batches.ts';
import { testChunk, testStream } from '../../../test/helpers/chunks.ts';
import { selectionOf } from '../../../test/helpers/loki-selection.ts';
import { Findings } from '../findings.ts';
import { countRecords, recordNumbers, type Selection } from './groups.ts';
import { Inquiry } from './inquiry.ts';
import { STORED, type Verdict } from './verdict.ts';

const NOW_MS = 1_700_000_000_000;

/** Several streams with so many records each, numbered through. */
function batchOf(...streams: readonly number[]): Selection {
  const parts = streams.map((records, s) => {
    const lines = Array.from({ length: records }, (_, n) => `${s} ${n}`);
    return partOf(testChunk(lines, testStream({ s: String(s) }), NOW_MS).chunk);
  });
  return selectionOf(...parts);
}

/** Runs an inquiry against a server; `pushes` are the numbers of the records in each push. */
async function inquire(
  selection: Selection,
  server: (records: readonly number[], selection: Selection) => Verdict,
  attempt = 1,
  divided: readonly Selection[] = [selection],
): Promise<{ outcome: Outcome; pushes: number[][]; selection: Selection }> {
  const findings = new Findings(countRecords(selection));
  const pushes: number[][] = [];
  const push = async (part: Selection): Promise<Verdict> => {
    const records = [...recordNumbers(part)];
    pushes.push(records);
    return server(records, part);
  };
  await new Inquiry({ push, findings, attempt, nowMs: () => NOW_MS }).run(divided);
  return { outcome: findings.outcome(), pushes, selection };
}

function refused(text: string): Verdict {
  return { as: 'refused', failure: { kind: 'rejected', message: `400: ${text}` }, text, isCut: false };
}

const BAD_LABELS: Verdict = { as: 'bad_labels', failure: { kind: 'rejected', message: '400: labels' } };
const TOO_LARGE: Verdict = { as: 'too_large', failure: { kind: 'too_large', message: '413' } };
const OVER_STREAMS: Verdict = {
  as: 'over_streams',
  failure: { kind: 'rate_limited', message: '429: streams' },
};
const FAILED: Verdict = { as: 'failed', failure: { kind: 'unavailable', message: '503' }, afterMs: 7 };

function refusedNumbers(outcome: Outcome): number[] {
  if (outcome.kind !== 'rejected') return [];
  return outcome.refusals.flatMap(({ records }) => [...records]).sort((a, b) => a - b);
}

function waitingNumbers(outcome: Outcome): number[] {
  const rest =
    outcome.kind === 'rejected' ? outcome.rest?.records : outcome.kind === 'retry' ? outcome.rest : undefined;
  return [...(rest ?? [])];
}

test('all stored is one push', async () => {
  const { outcome, pushes } = await inquire(batchOf(3, 2), () => STORED);
  assert.deepEqual(outcome, { kind: 'delivered' });
  assert.equal(pushes.length, 1);
});

test('an outage is a retry of all', async () => {
  const { outcome } = await inquire(batchOf(3, 2), () => FAILED);
  assert.deepEqual(outcome, { kind: 'retry', failure: FAILED.as === 'failed' && FAILED.failure, afterMs: 7 });
});

test('a reason nobody knows: the bad records are found by halving', async () => {
  const bad = new Set([3, 700, 701]);
  const { outcome, pushes } = await inquire(batchOf(500, 500), records =>
    records.some(record => bad.has(record)) ? refused('the moon is full\n') : STORED,
  );
  assert.deepEqual(refusedNumbers(outcome), [3, 700, 701]);
  assert.ok(pushes.length < 60, String(pushes.length));
});

test('the first half is all bad: the good others are found all the same', async () => {
  const { outcome } = await inquire(batchOf(200), records =>
    records.some(record => record < 40) ? refused('no\n') : STORED,
  );
  assert.deepEqual(
    refusedNumbers(outcome),
    Array.from({ length: 40 }, (_, n) => n),
  );
});

test('a server that refuses all: a few samples are enough', async () => {
  const { outcome, pushes } = await inquire(batchOf(10_000), () => refused('no\n'));
  assert.equal(refusedNumbers(outcome).length, 10_000);
  assert.ok(pushes.length < 60, String(pushes.length));
});

test('labels that cannot be parsed cost their own stream only', async () => {
  const { outcome, pushes } = await inquire(batchOf(2, 2, 2, 2, 2), (_, selection) =>
    selection.some(({ target }) => target.selector.includes('"3"')) ? BAD_LABELS : STORED,
  );
  assert.deepEqual(refusedNumbers(outcome), [6, 7]);
  assert.ok(pushes.length <= 7, String(pushes.length));
});

test('too large is divided until it fits; a record too large alone is refused', async () => {
  const { outcome, pushes } = await inquire(batchOf(100), records =>
    records.includes(60) || records.length > 30 ? TOO_LARGE : STORED,
  );
  assert.deepEqual(outcome.kind === 'rejected' && outcome.refusals, [
    { kind: 'too_large', message: '413', records: Uint32Array.of(60) },
  ]);
  assert.ok(pushes.length < 20);
});

test('when the server goes away in the middle, what was stored is not sent again', async () => {
  let pushes = 0;
  const { outcome } = await inquire(batchOf(2, 2), () => {
    pushes++;
    if (pushes === 1) return TOO_LARGE;
    return pushes === 2 ? STORED : FAILED;
  });
  assert.equal(outcome.kind, 'retry');
  assert.deepEqual(waitingNumbers(outcome), [2, 3]);
});

test('the limit of streams: those that Loki took are stored, the others wait, and are not asked for again', async () => {
  const server = (_: readonly number[], selection: Selection): Verdict =>
    selection.some(({ target }) => Number(/\d+/.exec(target.selector.toString())![0]) >= 83)
      ? OVER_STREAMS
      : STORED;
  const { outcome, pushes, selection } = await inquire(
    batchOf(...Array.from({ length: 100 }, () => 2)),
    server,
  );
  assert.deepEqual(
    waitingNumbers(outcome),
    Array.from({ length: 34 }, (_, n) => 166 + n),
  );
  assert.ok(outcome.kind === 'retry' && outcome.afterMs === 30_000);
  assert.ok(pushes.length < 40, String(pushes.length));
  assert.ok(selection[83]!.target.keptOut(NOW_MS + 29_999) !== undefined);
  assert.equal(selection[83]!.target.keptOut(NOW_MS + 30_000), undefined);
});

test('the limit of streams: a stream that Loki has is not held up by new ones', async () => {
  const selection = batchOf(1, 1, 1);
  selection[2]!.target.taken(NOW_MS);
  const { outcome } = await inquire(selection, (_, part) =>
    part.every(({ target }) => target.isKnown(NOW_MS)) ? STORED : OVER_STREAMS,
  );
  assert.deepEqual(waitingNumbers(outcome), [0, 1]);
});

test('whichever records a server refuses, without reasons: refused and stored are exact', async () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      shapes,
      fc.uniqueArray(fc.nat(149), { maxLength: 7 }),
      fc.nat(3),
      async (streams, list, attempt) => {
        const selection = batchOf(...streams);
        const count = countRecords(selection);
        const bad = new Set(list.filter(record => record < count));
        const stored = new Set<number>();
        const { outcome } = await inquire(
          selection,
          records => {
            for (const record of records) if (!bad.has(record)) stored.add(record);
            return records.some(record => bad.has(record)) ? refused('no\n') : STORED;
          },
          attempt,
        );
        assert.deepEqual(
          refusedNumbers(outcome),
          [...bad].sort((a, b) => a - b),
        );
        assert.equal(stored.size, count - bad.size);
        assert.deepEqual(waitingNumbers(outcome), []);
      },
    ),
    { numRuns: 200 },
  );
});

test('the limit of streams keeps out new streams, not what is to be sent of known ones after them', async () => {
  const all = batchOf(...Array.from({ length: 41 }, () => 1));
  const [news, known] = [all.slice(0, 40), all.slice(40)];
  known[0]!.target.taken(NOW_MS);
  const server = (_: readonly number[], part: Selection): Verdict => (part === known ? STORED : OVER_STREAMS);
  const { outcome, pushes } = await inquire(all, server, 1, [news, known]);
  assert.deepEqual(
    waitingNumbers(outcome),
    Array.from({ length: 40 }, (_, n) => n),
  );
  assert.deepEqual(pushes.at(-1), [40]);
});
