import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PathLabels } from './path-labels.ts';

const PODS = new PathLabels('/var/log/pods/{namespace}_{pod}_{uid}/{container}/*.log');

describe('PathLabels', () => {
  it('takes labels out of a path', () => {
    assert.deepEqual(PODS.of('/var/log/pods/shop_web-7f_4c1d/nginx/0.log'), {
      ...{ namespace: 'shop', pod: 'web-7f', uid: '4c1d', container: 'nginx' },
    });
    assert.deepEqual(new PathLabels('/logs/{app}-*.log').of('/logs/a-b-c.log'), { app: 'a' });
    assert.deepEqual(new PathLabels('/logs/{app}.log').of('/logs/a.log.log'), { app: 'a.log' });
  });

  it('takes none where a path looks otherwise', () => {
    const others = ['shop_web/nginx/0.log', 'a_b_c/nginx/deep/0.log', '_b_c/nginx/0.log', 'a_b_c/nginx/.log'];
    for (const path of [...others, 'a_b_c/nginx/0.txt', 'a_b_c//0.log', ''])
      assert.deepEqual(PODS.of(`/var/log/pods/${path}`), {}, path);
    assert.deepEqual(PODS.of('/srv/log/pods/a_b_c/nginx/0.log'), {});
  });

  it('takes time in proportion to the path, whatever stands in it', () => {
    const start = performance.now();
    PODS.of(`/var/log/pods/${'_'.repeat(1e6)}/x/0.log`);
    assert.ok(performance.now() - start < 1000);
  });

  it('refuses what is no template', () => {
    const bad = [
      'logs/{a}',
      '/logs/*.log',
      '/{a}/{a}',
      '/{a}{b}',
      '/{a}*',
      '/{a-b}',
      '/{}',
      '/{a',
      '/a}',
      '/x{a}{',
    ];
    for (const template of bad) assert.throws(() => new PathLabels(template), SyntaxError, template);
  });
});
