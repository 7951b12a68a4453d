import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAllowedTopic, TopicTemplate } from './topic.ts';

const hostile = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.array(fc.constantFrom('.', '_', '/', '{a}', '\0', '__consumer_offsets', '$&', '💥'), {
      maxLength: 200,
    }),
  )
  .map(text => (typeof text === 'string' ? text : text.join('')));

function topicOf(template: string, labels: Record<string, string>): string {
  return new TopicTemplate(template).of(new Map(Object.entries(labels)));
}

describe('TopicTemplate', () => {
  it('fills labels in', () => {
    assert.equal(topicOf('logs', { job: 'web' }), 'logs');
    assert.equal(topicOf('logs-{job}.{env}', { job: 'web', env: 'prod' }), 'logs-web.prod');
  });

  it('repairs what Kafka does not take', () => {
    const cases: readonly (readonly [job: string, topic: string])[] = [
      ['a/b c', 'a_b_c'],
      ['ünï💥', '_n__'],
      ['', '_'],
      ['.', '_'],
      ['..', '_'],
      ['...', '_'],
      ['__consumer_offsets', '_consumer_offsets'],
      ['/_x', '_x'],
      ['x'.repeat(300), 'x'.repeat(249)],
    ];
    for (const [job, topic] of cases) assert.equal(topicOf('{job}', { job }), topic, job);
    assert.equal(topicOf('logs-{job}', {}), 'logs-_');
  });

  it('keeps its fixed parts, and to what Kafka takes, whatever the labels say', () => {
    const template = fc.constantFrom('logs-{a}', '{a}.audit', 'x-{a}-y-{b}', '{a}{b}', 'fixed');
    fc.assert(
      fc.property(template, hostile, hostile, (text, a, b) => {
        const topic = topicOf(text, { a, b });
        assert.match(topic, /^[a-zA-Z0-9._-]{1,249}$/);
        assert.ok(!/^(\.+|__.*)$/.test(topic), topic);
        const fixed = text.split(/\{[ab]\}/);
        assert.ok(topic.startsWith(fixed[0]!) && topic.endsWith(fixed.at(-1)!), topic);
      }),
    );
  });
});

describe('isAllowedTopic', () => {
  it('knows names and beginnings', () => {
    const allowed = ['audit', 'logs-*'];
    for (const topic of ['audit', 'logs-', 'logs-web']) assert.ok(isAllowedTopic(topic, allowed), topic);
    for (const topic of ['audit2', 'logs', 'x-logs-', '*']) assert.ok(!isAllowedTopic(topic, allowed), topic);
  });

  it('allows all where nothing is listed', () => assert.ok(isAllowedTopic('any', [])));
});
