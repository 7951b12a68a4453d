import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LcError } from '../errors/errors.ts';
import { LabelsCOW } from '../types/labels-cow.ts';
import { parseSelector } from './selector.ts';

describe('parseSelector', () => {
  it('example: two matchers, both must match', () => {
    const selector = parseSelector('{job="varlogs", host=~"web-.*"}');
    assert.equal(selector.matches(LabelsCOW.from({ job: 'varlogs', host: 'web-1' })), true);
    assert.equal(selector.matches(LabelsCOW.from({ job: 'varlogs', host: 'db-1' })), false);
    assert.equal(selector.matches(LabelsCOW.from({ host: 'web-1' })), false);
  });

  const cases: [selector: string, labels: Record<string, string>, matches: boolean][] = [
    ['{}', {}, true],
    [' { } ', { a: 'x' }, true],
    ['{a="x"}', { a: 'x', b: 'y' }, true],
    ['{a="x",b!="y"}', { a: 'x', b: 'y' }, false],
    ['{a="x",b!="y"}', { a: 'x' }, true],
    ['{\n a = "x" ,\t b !~ "y|z" }', { a: 'x', b: 'z' }, false],
    ['{\n a = "x" ,\t b !~ "y|z" }', { a: 'x', b: 'zz' }, true],
    ['{a=~"x|y"}', { a: 'xy' }, false],
    ['{a=~"x|y"}', { a: 'y' }, true],
    ['{a=~".+"}', { b: 'x' }, false],
    ['{a=~".+"}', { a: 'two\nlines' }, true],
    ['{a=~"x.*"}', { a: 'ax' }, false],
    ['{a=~"(?i)X"}', { a: 'x' }, true],
    ['{a=~"(?is)X."}', { a: 'x\n' }, true],
    ['{a=~"web\\\\-\\\\d"}', { a: 'web-1' }, true],
    ['{a=~`[a\\-c]:`}', { a: 'b:' }, false],
    ['{a=~`[a\\-c]\\:`}', { a: '-:' }, true],
    ['{a=~"."}', { a: '😀' }, true],
    ['{a=~`x\\.log`}', { a: 'x.log' }, true],
    ['{a=~`x\\.log`}', { a: 'x-log' }, false],
    ['{a!=""}', { a: 'x' }, true],
    ['{a!=""}', {}, false],
    ['{a="x", b=""}', { a: 'x' }, true],
    ['{a="x", b=""}', { a: 'x', b: 'y' }, false],
    ['{a="x", a!="y"}', { a: 'x' }, true],
    ['{__proto__="x"}', {}, false],
  ];
  for (const [text, labels, matches] of cases) {
    it(`${text} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(labels)}`, () => {
      assert.equal(parseSelector(text).matches(LabelsCOW.from(labels)), matches);
    });
  }

  const invalid: [selector: string, message: RegExp][] = [
    ['', /at character 1: expected "\{"/],
    ['job="x"', /at character 1: expected "\{"/],
    ['{job}', /at character 5: expected =, !=, =~ or !~/],
    ['{job=x}', /at character 6: expected a value in quotes/],
    ["{job='x'}", /at character 6: expected a value in quotes/],
    ['{job="x}', /at character 6: expected a value in quotes/],
    ['{1a="x"}', /at character 2: expected a label name/],
    ['{a="x",}', /at character 8: expected a label name/],
    ['{a="x" b="y"}', /at character 8: expected "," or "}"/],
    ['{a="x"', /at character 7: expected "," or "}"/],
    ['{a="x"} | json', /at character 9: expected nothing after "}"/],
    ['{a="\\q"}', /at character 4: the value has an escape/],
    ['{a=~"("}', /at character 5: "\(" without "\)"/],
    ['{a=~"a)|(b"}', /at character 5: "\)" without "\("/],
    ['{a=~`[[:alpha:]]`}', /at character 5: classes such as \[:alpha:\] are not supported/],
    ['{a=~`\\Qx\\E`}', /at character 5: unknown escape \\Q/],
    ['{a=~"(?m)x$"}', /at character 5: unknown kind of group/],
    ['{a=~".*"}', /every matcher matches streams without the label/],
    ['{a!="x", b=""}', /every matcher matches streams without the label/],
  ];
  for (const [text, message] of invalid) {
    it(`refuses ${text || 'nothing'}`, () => {
      assert.throws(() => parseSelector(text), { code: 'LC_CONFIG_INVALID', message });
    });
  }

  it('takes time linear in the length of a label, whatever the pattern and the label', () => {
    const selector = parseSelector('{a=~"(a+)+(a|aa)*b"}');
    assert.equal(selector.matches(new Map([['a', 'a'.repeat(100_000)]])), false);
    assert.equal(selector.matches(new Map([['a', `${'a'.repeat(100_000)}b`]])), true);
  });

  it('finds exactly the value that was quoted, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string(), (value, other) => {
        const selector = parseSelector(`{a=${JSON.stringify(value)}}`);
        assert.equal(selector.matches(new Map([['a', value]])), true);
        assert.equal(selector.matches(new Map([['a', other]])), value === other);
      }),
    );
  });

  it('gives a selector or its own error, whatever the text', () => {
    const token = fc.constantFrom('{', '}', 'a', '=', '!=', '=~', '!~', '"x"', '"', '`', ',', ' ', '\\', '(');
    fc.assert(
      fc.property(
        fc.array(token).map(tokens => tokens.join('')),
        text => {
          try {
            parseSelector(text).matches(new Map());
          } catch (error) {
            assert.ok(error instanceof LcError && error.code === 'LC_CONFIG_INVALID');
          }
        },
      ),
    );
  });
});
