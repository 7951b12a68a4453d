import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

it('has as many series with 300 files of any name as with one', async t => {
  const scope = scopeOf(t);
  const receiver = await startReceiver(scope);
  const dir = await scope.folder();
  const agent = await startAgent(scope, { dir, config: pathsToLoki([`${dir}/*.log`], receiver.url) });
  const ours = async (): Promise<string[]> =>
    [...(await agent.metrics()).keys()].filter(name => name.startsWith('log_capturer_')).sort();

  writeFileSync(join(dir, 'one.log'), 'line\n');
  await receiver.until(stats => stats.lines === 1);
  const before = await ours();
  for (let n = 0; n < 300; n++)
    writeFileSync(join(dir, `a"b\\c{d="${n}"} 1\n#é.log`), `{"level":"${n}"} line\n`);
  await receiver.until(stats => stats.lines === 301);
  assert.deepEqual(await ours(), before);
});
