import assert from 'node:assert/strict';
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../pkg/clock/manual-clock.ts';
import { type FileRig, fileRig } from '../../../test/helpers/file-monitor-rig.ts';
import { temporaryFolder } from '../../../test/helpers/file-source.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';

const SEC = 1_700_000_000;
const TIME = new Date(SEC * 1000).toISOString().slice(0, 19);

/** An entry of json-file, `nanos` after `SEC`. */
function entry(log: string, nanos: number, stream = 'stdout'): string {
  return `${JSON.stringify({ log, stream, time: `${TIME}.${String(nanos).padStart(9, '0')}Z` })}\n`;
}

const linesOf = ({ publisher }: FileRig, stream: string): string[] =>
  publisher.records.filter(({ labels }) => labels.stream === stream).map(({ text }) => text);

describe('FileMonitor and logs of containers', () => {
  it('sends the lines of each output with their own times, and joins pieces', async t => {
    const rig = await fileRig(t, { format: 'docker-json', labels: { filename: null, job: 'x' } });
    const log = [
      ...[entry('one\n', 1), entry('er', 2, 'stderr'), entry('two\r\n', 3), entry('ror\n', 4, 'stderr')],
      ...[entry('same\n', 5), entry('same\n', 5)],
    ];
    await writeFile(rig.path('a.log'), log.join(''));
    await rig.start();
    await rig.publisher.untilRecords(5);
    const sent = rig.publisher.records.map(({ text, time, labels }) => [
      text,
      time.sec - SEC,
      time.nanos,
      labels,
    ]);
    const [stdout, stderr] = ['stdout', 'stderr'].map(stream => ({ job: 'x', stream }));
    const expected = [
      ['one', 0, 1, stdout],
      ['two', 0, 3, stdout],
      ['same', 0, 5, stdout],
    ];
    assert.deepEqual(sent, [...expected, ['same', 0, 6, stdout], ['error', 0, 2, stderr]]);
  });

  it('takes labels from the path, as those of a pod', async t => {
    const folder = await temporaryFolder(t);
    const name = 'shop_web-7f_4c1d/nginx/0.log';
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${TIME}Z stderr F hello\n`);
    const labelsFromPath = `${folder}/{namespace}_{pod}_*/{container}/*.log`;
    const given = { format: 'cri', labels: { filename: null }, labelsFromPath } as const;
    const rig = await fileRig(t, { ...given, paths: [join('..', basename(folder), '*/*/*.log')] });
    await rig.start();
    await rig.publisher.untilRecords(1);
    const pod = { namespace: 'shop', pod: 'web-7f', container: 'nginx', stream: 'stderr' };
    assert.deepEqual(rig.publisher.records[0]!.labels, pod);
  });

  it('passes lines on that are no entries, and counts them', async t => {
    const metrics = new MetricsRegistry();
    const rig = await fileRig(t, { format: 'cri' }, { metrics });
    await writeFile(rig.path('a.log'), `no entry\n${TIME}Z stderr F entry\n\n`);
    await rig.start();
    await rig.publisher.untilRecords(3);
    assert.deepEqual([linesOf(rig, 'stdout'), linesOf(rig, 'stderr')], [['no entry', ''], ['entry']]);
    assert.equal(metrics.value('lines_malformed_total', { source: 'test' }), 2);
    assert.deepEqual(rig.publisher.records[1]!.time, { sec: SEC, nanos: 0 });
  });

  it('loses and repeats nothing when killed in the middle of lines, at any entry', async t => {
    const rig = await fileRig(t, { format: 'docker-json' });
    const pieces = ['a', 'b\n', 'c', 'd', 'e\n', 'f\n', 'g', 'h\n'];
    const log = pieces.flatMap((piece, i) => [entry(piece, i), entry(piece.toUpperCase(), i, 'stderr')]);
    const whole = ['ab', 'cde', 'f', 'gh'];
    await writeFile(rig.path('a.log'), '');
    for (const [i, each] of log.entries()) {
      const half = Math.floor(each.length / 2);
      await rig.start();
      await appendFile(rig.path('a.log'), each.slice(0, half));
      await appendFile(rig.path('a.log'), each.slice(half));
      const ended = (from: number): number =>
        log.slice(0, i + 1).filter((text, at) => at % 2 === from && text.includes('\\n')).length;
      await rig.publisher.untilRecords(ended(0) + ended(1));
      await rig.kill();
    }
    assert.deepEqual(linesOf(rig, 'stdout'), whole);
    assert.deepEqual(
      linesOf(rig, 'stderr'),
      whole.map(line => line.toUpperCase()),
    );
  });

  it('sends again, byte for byte and with the same times, what was under way', async t => {
    const rig = await fileRig(t, { format: 'docker-json' });
    rig.publisher.settles = false;
    const first = [entry('one\n', 1), entry('open', 2, 'stderr'), entry('two\n', 3), 'no entry\n'];
    await writeFile(rig.path('a.log'), first.join(''));
    await rig.start();
    await rig.publisher.untilRecords(3);
    const before = rig.publisher.records.splice(0);
    await rig.kill();
    await appendFile(rig.path('a.log'), entry(' end\n', 4, 'stderr') + entry('three\n', 5));
    await rig.start();
    await rig.publisher.untilRecords(5);
    assert.deepEqual(rig.publisher.records.slice(0, 3), before);
    assert.deepEqual(rig.publisher.lines.slice(3).sort(), ['open end', 'three']);
  });

  it('sends a line that never ends when its output has been quiet, and those of a rotated file first', async t => {
    const clock = new ManualClock();
    const rig = await fileRig(t, { format: 'docker-json' }, { clock });
    await writeFile(rig.path('a.log'), entry('open', 1));
    await rig.start();
    await rename(rig.path('a.log'), rig.path('a.log.1'));
    await writeFile(rig.path('a.log'), entry('new\n', 2));
    while (rig.publisher.records.length < 2) await clock.advance(100);
    assert.deepEqual(rig.publisher.lines, ['open', 'new']);
  });
});
