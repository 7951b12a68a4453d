import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ERROR_CODES, errorText, invariant, LcError, systemCode } from './errors.ts';

describe('LcError', () => {
  it('example: a code to search for, a cause, and what to do', () => {
    const cause = new Error('disk on fire');
    const error = new LcError('LC_STATE_UNWRITABLE', {
      message: 'cannot write',
      advice: 'Free some space.',
      cause,
    });
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.code, error.message, error.advice, error.cause],
      ['LcError', 'LC_STATE_UNWRITABLE', 'cannot write', 'Free some space.', cause],
    );
  });

  it('has no cause where none was given', () => {
    assert.equal('cause' in new LcError('LC_USAGE', { message: 'no' }), false);
  });

  it('has codes that are unique and all of one form', () => {
    assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
    for (const code of ERROR_CODES) assert.match(code, /^LC(_[A-Z]+)+$/);
  });
});

describe('invariant', () => {
  it('throws only when broken', () => {
    invariant(true, 'fine');
    assert.throws(() => invariant(false, 'broken'), { code: 'LC_INVARIANT', message: 'broken' });
  });
});

describe('systemCode and errorText', () => {
  it('take whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), thrown => {
        assert.equal(systemCode(thrown), '');
        assert.equal(typeof errorText(thrown), 'string');
      }),
    );
  });

  it('give the code and the message of a system error', () => {
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    assert.equal(systemCode(error), 'ENOENT');
    assert.equal(errorText(error), 'no such file');
    assert.equal(systemCode(Object.assign(new Error('odd'), { code: 7 })), '');
  });
});
