import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathsToLoki, startAgent } from '../helpers/agent.ts';
import { keptBy } from '../helpers/arrivals.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { scopeOf } from '../helpers/scope.ts';

const KIB = 1024;
const MAX_LINE = 256 * KIB;

/** What is written, and what arrives of it. */
const LINES: readonly (readonly [written: string | Buffer, arrives: string])[] = [
  ['plain', 'plain'],
  ['', ''],
  ['ends in CRLF\r', 'ends in CRLF'],
  ['a \r in the middle', 'a \r in the middle'],
  ['\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J', '\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J'],
  ['NUL \0\0\0 and control \x01\x7f', 'NUL \0\0\0 and control \x01\x7f'],
  ['{job} {a}../../etc/passwd $(reboot) `id` %s {{.}}', '{job} {a}../../etc/passwd $(reboot) `id` %s {{.}}'],
  ['{"labels":{"job":"evil"}} \\" \\n', '{"labels":{"job":"evil"}} \\" \\n'],
  ['umlauts ä, 猫, 🐈, \u2028', 'umlauts ä, 猫, 🐈, \u2028'],
  [Buffer.from([0x61, 0xff, 0xfe, 0x62, 0xc3]), 'a\ufffd\ufffdb\ufffd'],
  [Buffer.from([0xed, 0xa0, 0x80, 0xf8, 0x28]), '\ufffd\ufffd\ufffd\ufffd('],
  ['\0'.repeat(4095), '\0'.repeat(4095)],
  // As many as a page: what a power cut leaves is no text. Skipped, and counted as lost.
  ['\0'.repeat(MAX_LINE), ''],
  ['x'.repeat(1024 * KIB), 'x'.repeat(MAX_LINE)],
  ['the last', 'the last'],
];

it('lines of every kind arrive as documented, in order', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const path = join(dir, 'hostile.log');
  writeFileSync(path, Buffer.concat(LINES.flatMap(([written]) => [Buffer.from(written), Buffer.from('\n')])));
  const agent = await startAgent(scope, { config: pathsToLoki([path], receiver.url), dir });
  await receiver.until(stats => stats.lines >= LINES.length);
  const arrived = (await keptBy(receiver)).map(({ line }) => line);
  assert.deepEqual(
    arrived,
    LINES.map(([, arrives]) => arrives),
  );
  const metrics = await agent.metrics();
  assert.equal(metrics.get('log_capturer_lines_cut_total{source="app"}'), 1);
  const lost = metrics.get('log_capturer_logs_lost_bytes_total{source="app",reason="line_too_long"}');
  assert.equal(lost, 1024 * KIB - MAX_LINE);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});

it('files of any name are read, and their names arrive as labels', async t => {
  const scope = scopeOf(t);
  const dir = await scope.folder();
  const receiver = await startReceiver(scope);
  const names = [
    'new\nline.log',
    'quote".log',
    "quote'.log",
    'back\\slash.log',
    '{job}=~".*"|.log',
    '\x1b[2J.log',
    '-rf *.log',
    '猫 🐈.log',
  ].map(name => ({ disk: Buffer.from(name), label: name }));
  names.push({ disk: Buffer.from([0xff, 0xc3, 0x28, ...Buffer.from('.log')]), label: '\ufffd\ufffd(.log' });
  for (const [n, { disk }] of names.entries())
    writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), disk]), `line of file ${n}\n`);
  const agent = await startAgent(scope, { config: pathsToLoki([join(dir, '*.log')], receiver.url), dir });
  await receiver.until(stats => stats.lines >= names.length);
  const arrived = (await keptBy(receiver)).map(({ labels, line }) => [labels.filename, line]).sort();
  const expected = names.map(({ label }, n) => [join(dir, label), `line of file ${n}`]).sort();
  assert.deepEqual(arrived, expected);
  await agent.assertBalanced();
  assert.equal(await agent.stop(), 0);
});
