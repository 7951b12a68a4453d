import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fill, veil } from './placeholder.ts';

const ENV = { NAME: 'web-1', EMPTY: '', TRICK: '${NAME}' };

describe('fill', () => {
  const texts: [string, string][] = [
    ['plain', 'plain'],
    ['${NAME}', 'web-1'],
    ['http://${NAME}:${PORT:-3100}/', 'http://web-1:3100/'],
    ['${NONE:-}', ''],
    ['${NONE:-a:-b}', 'a:-b'],
    ['${EMPTY:-full}', 'full'],
    ['${EMPTY}', ''],
    ['$${NAME}', '${NAME}'],
    ['$NAME $ {NAME} {NAME}', '$NAME $ {NAME} {NAME}'],
    ['${TRICK}', '${NAME}'],
  ];
  for (const [text, filled] of texts)
    it(`makes ${filled} of ${text}`, () => {
      assert.deepEqual(fill(text, ENV).problems, []);
      assert.equal(fill(text, ENV).text, filled);
    });

  for (const text of ['${NONE}', '${}', '${1A}', '${A-b}', '${A:+b}', '${constructor}', 'a ${NAME'])
    it(`has a problem with ${text}`, () => assert.equal(fill(text, ENV).problems.length, 1));

  it('tells whether anything came from outside', () => {
    assert.equal(fill('$${NAME}', ENV).isFilled, false);
    assert.equal(fill('${NAME}', ENV).isFilled, true);
  });

  it('reads a file without its last newline, and nothing that is no plain file', t => {
    const folder = mkdtempSync(join(tmpdir(), 'placeholder-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'token');
    writeFileSync(path, 'one\n\n');
    assert.equal(fill(`\${file:${path}}`, {}).text, 'one\n');
    writeFileSync(path, 'two\r\n');
    assert.equal(fill(`\${file:${path}}`, {}).text, 'two');
    writeFileSync(path, 'x'.repeat(65_537));
    assert.match(String(fill(`\${file:${path}}`, {}).problems), /too large/);
    assert.match(String(fill(`\${file:${folder}}`, {}).problems), /not a file/);
    assert.match(String(fill('${file:/dev/zero}', {}).problems), /not a file/);
    assert.match(String(fill('${file:}', {}).problems), /ENOENT/);
  });
});

describe('veil', () => {
  it('hides placeholders from YAML without moving anything', () => {
    const { text } = veil('a: { b: ${X:-"{,:"} }');
    assert.equal(text.length, 'a: { b: ${X:-"{,:"} }'.length);
    assert.equal(text.slice(0, 8), 'a: { b: ');
    assert.doesNotMatch(text.slice(8, -2), /[{}",:$]/);
  });

  it('is undone by unveil, whatever the text', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('${A}', '$${B}', '${', '}', '\ue024\ue07b'),
    );
    fc.assert(
      fc.property(fc.array(part), parts => {
        const text = parts.join('');
        const veiled = veil(text);
        assert.equal(veiled.text.length, text.length);
        assert.equal(veiled.unveil(veiled.text), text);
      }),
    );
  });
});
