import assert from 'node:assert/strict';
import { dirname, normalize } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { testStream } from '../../../test/helpers/chunks.ts';
import { ArchivePath, archiveMatcher } from './archive-path.ts';

const of = (template: string, labels: Record<string, string>): string =>
  new ArchivePath(template).of(testStream(labels));

test('labels are filled in; what no file name should hold is written in hexadecimal', () => {
  assert.equal(of('/a/{job}/{app}.log', { job: 'web', app: 'x-1_2.3' }), '/a/web/x-1_2.3.log');
  assert.equal(of('/a/{job}.log', { job: '../../etc/passwd' }), '/a/%2E.%2F..%2Fetc%2Fpasswd.log');
  assert.equal(of('/a/{job}', { job: '..' }), '/a/%2E.');
  assert.equal(of('/a/{job}{app}', { job: '.', app: '.' }), '/a/%2E%2E');
  assert.equal(of('/a/{job}/x.log', {}), '/a/_/x.log');
  assert.equal(of('/a/{job}', { job: 'é\n\u{1f600}\ud800*' }), '/a/%C3%A9%0A%F0%9F%98%80%EF%BF%BD%2A');
});

test('a long value is cut, and two long values do not become one', () => {
  const [a, b] = ['a', 'b'].map(end => of('/a/{job}', { job: `${'x'.repeat(5000)}${end}` }));
  assert.ok(a!.length <= 3 + 100);
  assert.notEqual(a, b);
});

test('whatever the labels say, the file is in the folder of its template, and known as ours', () => {
  const isOurs = archiveMatcher('/a (b)/{job}/c-{app}.log');
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('.', '/', 'x', '~') }),
      (job, app) => {
        const path = of('/a (b)/{job}/c-{app}.log', { job, app });
        assert.equal(normalize(path), path);
        assert.equal(dirname(dirname(path)), '/a (b)');
        assert.ok(path.split('/').every(name => Buffer.byteLength(name) < 200));
        for (const ending of ['', '.20261121T072432.123Z', '.20261121T072432.123Z.gz'])
          assert.ok(isOurs(path + ending), path + ending);
      },
    ),
  );
});

test('other files are not ours', () => {
  const isOurs = archiveMatcher('/var/log/{job}.log');
  for (const path of [
    '/var/log/a/b.log',
    '/var/log/a.log.1',
    '/var/log/alog',
    '/other/a.log',
    '/var/log/.log',
  ])
    assert.ok(!isOurs(path), path);
});
