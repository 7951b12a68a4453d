import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { type Action, type Deed, type History, LogWorld } from '../../../test/helpers/log-world.ts';

const IS_CI = process.env.CI === 'true';
/** Some 15 ms each. Races that come up once in thousands of them are looked for with more: `npm run soak -- files`. */
const HISTORIES = Number(process.env.MODEL_RUNS ?? (IS_CI ? 2_000 : 300));
/** In CI a change is judged by the same histories as the one before. */
const SEED = IS_CI ? { seed: 20_261_121 } : {};

/** Long enough for the next visit, for the next look at what is not certain yet, and for a file to rest. */
const pauseMs = fc.constantFrom(0, 10, 600, 3_000, 30_000);

const deeds = (weight: number, ...kinds: Deed[]): fc.WeightedArbitrary<Action> => ({
  weight,
  arbitrary: fc.record({ do: fc.constantFrom(...kinds) }),
});

const rename: fc.Arbitrary<Action> = fc.record({
  ...{ do: fc.constant('rotate'), late: fc.integer({ min: 0, max: 3 }), isCreated: fc.boolean() },
});
const RENAMES = [{ weight: 3, arbitrary: rename }];
const TRUNCATIONS = [deeds(2, 'copyTruncate'), deeds(1, 'truncate')];
const OTHERS: readonly fc.WeightedArbitrary<Action>[] = [
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write'), lines: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compress'), ms: pauseMs }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ms: pauseMs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle'), chunks: fc.integer({ min: 1, max: 5 }) }) },
  deeds(6, 'writePart', 'delete', 'fill', 'stop', 'kill', 'start'),
];

function histories(
  pattern: History['pattern'],
  ...actions: readonly fc.WeightedArbitrary<Action>[]
): fc.Arbitrary<History> {
  return fc.record({
    naming: fc.constantFrom('growing', 'shifting', 'dated'),
    pattern: fc.constant(pattern),
    compressed: fc.constantFrom('skip', 'read'),
    clock: fc.constantFrom('right', 'behind', 'ahead'),
    actions: fc.array(fc.oneof(...OTHERS, ...actions), { maxLength: 30 }),
  });
}

/** Where only the file itself matches nothing tells that one was truncated before it was renamed, unless it is seen. */
const history = fc.oneof(
  histories('app.log*', ...RENAMES, ...TRUNCATIONS),
  histories('app.log', ...RENAMES),
  histories('app.log', ...TRUNCATIONS),
);

async function play(given: History): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'log-capturer-'));
  const world = new LogWorld(folder, given);
  try {
    await world.begin();
    for (const action of given.actions) await world.act(action);
    await world.check();
  } finally {
    await world.close();
    await rm(folder, { recursive: true });
  }
}

it('every line arrives, none changed, none twice, none late, whatever happens to the file and the agent (F18)', async () => {
  await fc.assert(fc.asyncProperty(history, play), { numRuns: HISTORIES, ...SEED });
});
