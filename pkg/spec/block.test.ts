import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allOptional, block, joined } from './block.ts';
import { field } from './field.ts';
import { Filled } from './filled.ts';
import { autoOr, bytes, count, duration, flag, listOf, oneOf, text } from './types.ts';

const tankSpec = block(
  {
    name: field(text(), { doc: 'Name.' }),
    max_bytes: field(bytes(1), { doc: 'Size.', default: '1MiB' }),
    min_bytes: field(bytes(0), { doc: 'Size.', default: 0 }),
    flush_timeout: field(duration(1), { doc: 'Wait.', default: '1s' }),
    is_open: field(flag(), { doc: 'Open.', optional: true }),
  },
  [
    {
      needs: ['max_bytes', 'min_bytes'],
      at: 'min_bytes',
      check: v => (v.min_bytes > v.max_bytes ? 'is more than max_bytes' : undefined),
    },
  ],
);

/** `path message` of every issue. */
function issues(
  spec: { safeParse(value: unknown): ReturnType<typeof tankSpec.safeParse> },
  value: unknown,
): string[] {
  const result = spec.safeParse(value);
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('block', () => {
  it('example: gives camel case, bytes and milliseconds', () => {
    const tank = tankSpec.parse({ name: 'a', max_bytes: '64KiB', flush_timeout: '1m' });
    assert.deepEqual(tank, {
      name: 'a',
      maxBytes: 65_536,
      minBytes: 0,
      flushTimeoutMs: 60_000,
      isOpen: undefined,
    });
  });

  it('looks at a rule although other keys are wrong', () => {
    assert.deepEqual(issues(tankSpec, { max_bytes: 1, min_bytes: 2, is_open: 1, extra: 1 }), [
      'name missing, expected a text',
      'is_open is a number, expected true or false',
      ' unknown key, expected one of name, max_bytes, min_bytes, flush_timeout, is_open',
      'min_bytes is more than max_bytes',
    ]);
  });

  it('does not look at a rule whose keys are wrong', () => {
    assert.deepEqual(issues(tankSpec, { name: 'a', max_bytes: 'x', min_bytes: 2 }), [
      'max_bytes is not a size, expected a size from 1B, such as 1MiB',
    ]);
  });

  it('takes null for a block without settings, and nothing else for a block', () => {
    assert.deepEqual(issues(tankSpec, null), ['name missing, expected a text']);
    assert.equal(issues(tankSpec, 'text').length, 1);
    assert.equal(issues(tankSpec, new Filled('{ name: a }')).length, 1);
  });

  it('joins two blocks that are written as one, and keeps what they give apart', () => {
    const lidSpec = block({ lid_color: field(oneOf('red', 'blue'), { doc: 'Color.', default: 'red' }) });
    const both = joined(['tank', tankSpec], ['lid', lidSpec]);
    const { tank, lid } = both.parse({ name: 'a', lid_color: 'blue' });
    assert.equal(tank.name, 'a');
    assert.deepEqual(lid, { lidColor: 'blue' });
    assert.equal(issues(both as never, { name: 'a', min_bytes: '2MiB' }).length, 1);
  });

  it('makes every key optional, without defaults', () => {
    const overrides = block(allOptional(tankSpec.shape)).parse({ flush_timeout: '2s' });
    assert.equal(overrides.flushTimeoutMs, 2000);
    assert.equal(overrides.maxBytes, undefined);
    assert.equal(overrides.name, undefined);
  });
});

describe('values from outside', () => {
  it('become what their key wants', () => {
    assert.equal(count(1).parse(new Filled('8001')), 8001);
    assert.equal(text().parse(new Filled('8001')), '8001');
    assert.equal(text().parse(new Filled('123e45')), '123e45');
    assert.equal(flag().parse(new Filled('false')), false);
    assert.equal(bytes(1).parse(new Filled('1024')), 1024);
    assert.equal(duration(1).parse(new Filled('5s')), 5000);
    assert.equal(autoOr(count(1), 'a number').parse(new Filled('auto')), 'auto');
    assert.equal(autoOr(count(1), 'a number').parse(new Filled('3')), 3);
    assert.deepEqual(listOf(text(), 'texts').parse([new Filled('a')]), ['a']);
  });

  it('are never structure', () => {
    assert.equal(listOf(text(), 'texts').safeParse(new Filled('[a]')).success, false);
    assert.equal(count(1).safeParse(new Filled('0x10')).success, false);
    assert.equal(flag().safeParse(new Filled('yes')).success, false);
  });
});
