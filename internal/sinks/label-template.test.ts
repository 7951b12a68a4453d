import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelTemplate, templateProblem } from './label-template.ts';

const LABELS = new Map([
  ['job', 'web'],
  ['evil', '../{job}$&'],
]);

test('labels in braces are filled in, others are empty', () => {
  assert.equal(new LabelTemplate('a-{job}/{job}{none}.log').fill(LABELS), 'a-web/web.log');
  assert.equal(new LabelTemplate('fixed').fill(LABELS), 'fixed');
  assert.equal(new LabelTemplate('').fill(LABELS), '');
});

test('a label that is not there is named', () => {
  const template = new LabelTemplate('a-{job}/{none}');
  assert.equal(template.missing(LABELS), 'none');
  assert.equal(
    template.missing(
      new Map([
        ['job', ''],
        ['none', 'x'],
      ]),
    ),
    'job',
  );
  assert.equal(new LabelTemplate('{job}').missing(LABELS), undefined);
});

test('what a label says is text and no template', () => {
  assert.equal(new LabelTemplate('{evil}{job}').fill(LABELS), '../{job}$&web');
  assert.equal(
    new LabelTemplate('{evil}/{none}').fill(LABELS, value => `<${value.length}>`),
    '<10>/<0>',
  );
});

test('a template without placeholders is fixed', () => {
  assert.ok(new LabelTemplate('a').isFixed);
  assert.ok(!new LabelTemplate('{a}').isFixed);
});

test('braces that are no placeholder are an error', () => {
  for (const text of ['{', 'a}', '{a-b}', '{}', '{a{b}}', '{ a }'])
    assert.match(templateProblem(text) ?? '', /brace/, text);
  assert.equal(templateProblem('{a}-{b_1}'), undefined);
});
