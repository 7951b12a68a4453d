import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { PathRules } from './globs.ts';

const rules = (paths: string[], exclude: string[] = [], ownPaths: string[] = []): PathRules =>
  new PathRules({ paths, exclude, ownPaths });

describe('PathRules', () => {
  it('matches globs and plain paths, and says by which rule', () => {
    const logs = rules(['/var/log/**/*.log', '/opt/app/out', 'relative.log'], ['*.debug.log', '**/old/**']);
    for (const path of ['/var/log/a.log', '/var/log/x/y/a.log', '/opt/app/out', resolve('relative.log')]) {
      assert.ok(logs.matches(path), path);
    }
    assert.deepEqual(logs.decide('/var/log/a.log'), { isMatched: true, rule: '/var/log/**/*.log' });
    assert.deepEqual(logs.decide('/var/log/x.debug.log'), { isMatched: false, rule: 'exclude: *.debug.log' });
    assert.deepEqual(logs.decide('/var/log/old/a.log'), { isMatched: false, rule: 'exclude: **/old/**' });
    assert.equal(logs.decide('/opt/app/out2').isMatched, false);
  });

  it('matches names with newlines, invalid UTF-8 and brackets as they are', () => {
    assert.ok(rules(['/l/**/*.log']).matches('/l/a\nb/c\nd.log'));
    assert.ok(rules(['/l/*.log']).matches('/l/\udc80.log'));
    assert.ok(rules(['/l/app[1].log']).matches('/l/app[1].log'));
  });

  it('leaves alone compressed files and what belongs to the agent', () => {
    const logs = rules(['/var/**/*log*'], [], ['/var/lib/agent', '/var/log/agent.log']);
    assert.equal(logs.decide('/var/log/a.log.1.gz').rule, 'compressed: skip');
    assert.ok(!logs.matches('/var/lib/agent/journal.log'));
    assert.ok(!logs.matches('/var/log/agent.log'));
    assert.ok(logs.matches('/var/log/agent.log.1'));
    assert.ok(!logs.mayHold('/var/lib/agent'));
  });

  it('watches from the folder where a pattern begins, and only folders that may hold a match', () => {
    const logs = rules(['/var/log/*/app-*/*.log', '/srv/**/x/*.log', '/etc/plain'], ['/srv/tmp/**']);
    assert.deepEqual(logs.folders, ['/var/log', '/srv', '/etc']);
    const yes = ['/', '/var', '/var/log', '/var/log/a', '/var/log/a/app-1', '/srv', '/srv/a/b/c', '/etc'];
    const no = ['/var/log/a/b', '/var/log/a/app-1/x', '/opt', '/var/lib', '/etc/x', '/srv/tmp', '/srv/tmp/x'];
    for (const folder of yes) assert.ok(logs.mayHold(folder), folder);
    for (const folder of no) assert.ok(!logs.mayHold(folder), folder);
  });

  it('looks everywhere below where braces hide folders', () => {
    const logs = rules(['/var/log/{a,b/c}/*.log']);
    assert.ok(logs.mayHold('/var/log/b/c'));
    assert.ok(logs.matches('/var/log/b/c/x.log'));
  });
});
