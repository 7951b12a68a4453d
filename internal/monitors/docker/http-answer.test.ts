import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HttpAnswer } from './http-answer.ts';

interface Read {
  readonly answer: HttpAnswer;
  readonly body: string;
  readonly problem: string | undefined;
}

/** Feeds an answer in pieces that end at these places. */
function read(text: Buffer | string, cuts: readonly number[] = []): Read {
  const bytes = Buffer.from(text);
  let body = '';
  const answer = new HttpAnswer((piece, from, to) => {
    body += piece.toString('latin1', from, to);
  });
  let from = 0;
  for (const to of [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    const problem = answer.push(Buffer.from(bytes.subarray(from, to)));
    if (problem !== undefined) return { answer, body, problem };
    from = to;
  }
  return { answer, body, problem: undefined };
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function chunked(chunks: readonly string[]): string {
  return chunks.map(chunk => `${chunk.length.toString(16)};note=1\r\n${chunk}\r\n`).join('');
}

describe('HttpAnswer', () => {
  it('reads chunks of any size, however the bytes are cut, and knows the end', () => {
    const chunk = fc.string({ minLength: 1, maxLength: 300, unit: 'binary-ascii' });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), cuts, (chunks, where) => {
        const whole = `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunked(chunks)}`;
        const open = read(whole, where);
        assert.deepEqual(
          [open.body, open.answer.status, open.answer.isComplete],
          [chunks.join(''), 200, false],
        );
        const ended = read(`${whole}0\r\nTrailer: x\r\n\r\n`, where);
        assert.deepEqual([ended.body, ended.answer.isComplete], [chunks.join(''), true]);
      }),
    );
  });

  it('reads a body of known length, and one that ends with the connection', () => {
    const known = read(`${HEAD}Content-Length: 5\r\n\r\nhello`, [70]);
    assert.deepEqual([known.body, known.answer.isComplete], ['hello', true]);
    const unknown = read(`${HEAD}\r\nhello`);
    assert.deepEqual([unknown.body, unknown.answer.isComplete], ['hello', false]);
    assert.equal(read(`HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n`).answer.isComplete, true);
  });

  it('says of anything else that it is no HTTP, in bounded memory', () => {
    assert.match(read('SSH-2.0-OpenSSH_9.2\r\n\r\n').problem!, /no HTTP/);
    assert.match(read(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`).problem!, /no HTTP/);
    assert.match(read(`${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`).problem!, /without a size/);
    assert.match(read(`${HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n`).problem!, /without a size/);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        cuts,
        (bytes, where) => void read(Buffer.from(bytes), where),
      ),
    );
  });
});
