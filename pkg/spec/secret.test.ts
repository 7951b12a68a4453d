import assert from 'node:assert/strict';
import { it } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from './secret.ts';

const secret = new Secret('hunter2');

it('gives the value only when it is asked for', () => {
  assert.equal(secret.reveal(), 'hunter2');
});

it('shows *** however it is printed', () => {
  const error = new Error('failed', { cause: { password: secret } });
  const texts = [
    String(secret),
    `${secret}`,
    JSON.stringify({ deep: [secret] }),
    inspect({ deep: { secret } }, { showHidden: true, depth: null }),
    format('%s %o %j', secret, secret, secret),
    inspect(error, { showHidden: true }),
    JSON.stringify(structuredClone({ ...secret })),
  ];
  for (const text of texts) assert.doesNotMatch(text, /hunter2/);
});
