import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LinePattern } from './line-pattern.ts';

function matches(pattern: string, line: string): boolean {
  const bytes = Buffer.from(`<<${line}>>`);
  return new LinePattern(pattern).test(bytes, 2, bytes.length - 2);
}

function compileSmall(pattern: string): LinePattern | undefined {
  try {
    return new LinePattern(pattern);
  } catch (error) {
    if (error instanceof SyntaxError && error.message === 'it is too large') return undefined;
    throw error;
  }
}

/** Patterns of the kind that people write, and all that the engine knows. */
const pattern = fc.letrec<Record<'atom' | 'item' | 'sequence' | 'choice', string>>(tie => ({
  atom: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'ä', '😀', '-', '\\.', ' ', '1', '_') },
    {
      weight: 4,
      arbitrary: fc.constantFrom('\\d', '\\w', '\\S', '.', '\\W', '[ab]', '[^a]', '[a-zä-ü]', '[^\\d😀]'),
    },
    { weight: 2, arbitrary: fc.constantFrom('^', '$', '\\b', '\\B') },
    { weight: 2, arbitrary: tie('choice').map(inner => `(?:${inner})`) },
  ),
  item: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,}', '*?'))
    .map(([atom, times]) => (/^(\^|\$|\\b|\\B)$/.test(atom) ? atom : atom + times)),
  sequence: fc.array(tie('item'), { maxLength: 5 }).map(items => items.join('')),
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map(items => items.join('|')),
})).choice;
const line = fc
  .array(fc.constantFrom('a', 'b', 'ä', '😀', '-', '.', ' ', '1', '_', 'Z'), { maxLength: 12 })
  .map(all => all.join(''));

describe('LinePattern', () => {
  it('says what a JavaScript regular expression says', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.constantFrom('', '(?i)'),
        fc.array(line, { minLength: 1, maxLength: 5 }),
        (source, flags, lines) => {
          const expected = new RegExp(source, flags === '' ? 'us' : 'usi');
          const compiled = compileSmall(flags + source);
          fc.pre(compiled !== undefined);
          for (const text of lines) {
            // JavaScript finds \B between the two halves of a pair.
            if (source.includes('\\B') && text.includes('😀')) continue;
            const bytes = Buffer.from(text);
            assert.equal(
              compiled.test(bytes, 0, bytes.length),
              expected.test(text),
              `${flags}${source} on ${text}`,
            );
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('looks at the given part of the bytes only', () => {
    assert.ok(matches('^a', 'abc'));
    assert.ok(!matches('<', 'abc'));
    assert.ok(matches('c$', 'abc'));
    assert.ok(matches('\\babc\\b', 'abc'));
  });

  it('matches every code point in exactly the classes it belongs to', () => {
    const any = new LinePattern('^[^\\u{800}-\\u{ffff}]$');
    for (let code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const bytes = Buffer.from(String.fromCodePoint(code));
      assert.equal(any.test(bytes, 0, bytes.length), code < 0x800 || code > 0xffff, code.toString(16));
    }
  });

  it('takes bytes that are no UTF-8 for no character', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x80, 0x62]);
    assert.ok(!new LinePattern('a..b').test(bytes, 0, 4));
    assert.ok(new LinePattern('^a').test(bytes, 0, 4));
    assert.ok(new LinePattern('b$').test(bytes, 0, 4));
  });

  it('takes time linear in the line, whatever the pattern (O8)', () => {
    for (const bomb of [
      '(a+)+$',
      '(a|aa)+$',
      '(a*)*b',
      '^(\\w+\\s?)*$',
      '(a|b|ab)*c',
      '(.*)(.*)(.*)(.*)x',
      'a{0,200}a{200}',
    ]) {
      const compiled = new LinePattern(bomb);
      const evil = Buffer.from(`${'a'.repeat(1_000_000)}!`);
      const start = performance.now();
      compiled.test(evil, 0, evil.length);
      assert.ok(performance.now() - start < 1000, `${bomb} took too long`);
    }
  });

  it('keeps its memory bounded where lines lead to ever new states', () => {
    const compiled = new LinePattern('(?:a|b)*a(?:a|b){14}c');
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 500, maxLength: 500 }), chars => {
        const bytes = Buffer.from(`${chars.join('')}c`);
        assert.equal(compiled.test(bytes, 0, bytes.length), chars.at(-15) === 'a');
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what it does not know, instead of reading it as something else', () => {
    const wrong = [
      '(?=a)',
      '(?!a)',
      '(?<=a)',
      '(a)\\1',
      '(?<n>a)\\k<n>',
      '[[:alpha:]]',
      '\\pL',
      '\\Qa\\E',
      '\\z',
      '(?s)a',
      'a(?i)b',
    ];
    wrong.push(
      '(a',
      'a)',
      '[a',
      '[]',
      'a{2',
      'a{3,1}',
      '{2}',
      '*a',
      'a**',
      'a{1001}',
      '\\',
      '\\x4',
      '\\u{110000}',
      '[b-a]',
      '(?<n',
    );
    wrong.push('((a{1000}){1000})', '('.repeat(200) + ')'.repeat(200));
    for (const source of wrong) assert.throws(() => new LinePattern(source), SyntaxError, source);
  });
});
