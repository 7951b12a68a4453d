import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { type LoadResult, parseConfig } from './load.ts';
import { formatError } from './problem.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../configs/file.yaml'), 'utf8');
const ENV = { LOKI_URL: 'https://loki.example.com' };

/** Pieces that mean something to YAML or to us. */
const piece = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '\n',
    '\t',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '<<: ',
    '|',
    '>',
    '%',
    '@',
  ),
  fc.constantFrom(
    '${',
    '${X}',
    '$${X}',
    '${LOKI_URL}',
    '__proto__',
    'null',
    '~',
    '-1',
    '.nan',
    '!!set ',
    '---\n',
    '\0',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
/** At `at` (0 … 1 of the text) `remove` characters give way to `insert`. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(30),
  insert: piece,
});

function mutated(text: string, mutations: readonly { at: number; remove: number; insert: string }[]): string {
  return mutations.reduce((current, { at, remove, insert }) => {
    const from = Math.floor(at * current.length);
    return current.slice(0, from) + insert + current.slice(from + remove);
  }, text);
}

function assertSane(text: string, result: LoadResult): void {
  if (result.ok) return;
  assert.ok(result.errors.length > 0);
  const lines = text.split('\n');
  for (const error of result.errors) {
    const line = lines[error.line - 1];
    assert.ok(line !== undefined, formatError(error));
    assert.ok(error.column >= 1 && error.column <= line.length + 1, formatError(error));
    assert.doesNotMatch(formatError(error), /\p{Cc}|undefined|\[object/u);
  }
}

it('loads any mutation of a config or says what is wrong at places that exist', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), mutations => {
      const text = mutated(TEXT, mutations);
      assertSane(text, parseConfig('file.yaml', text, ENV));
    }),
    { numRuns: 300 },
  );
});

it('never throws, whatever the text', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(piece, { maxLength: 40 }).map(all => all.join('')),
  );
  fc.assert(
    fc.property(anything, text => assertSane(text, parseConfig('x.yaml', text, {}))),
    { numRuns: 300 },
  );
});

it('bounds what anchors make of a small file', () => {
  const levels = Array.from({ length: 20 }, (_, i) => `x-${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
  const result = parseConfig('bomb.yaml', ['x-0: &a0 [a]', ...levels].join('\n'), {});
  assert.ok(!result.ok && result.errors.some(({ message }) => message.includes('too much')));
});
