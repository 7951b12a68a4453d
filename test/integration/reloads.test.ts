import { it } from 'node:test';
import { runReloads } from '../helpers/reload-run.ts';
import { scopeOf } from '../helpers/scope.ts';

it('100 reloads at 10 000 lines a second lose nothing, repeat nothing and keep the order (O2)', async t => {
  await runReloads(scopeOf(t), 100);
});
