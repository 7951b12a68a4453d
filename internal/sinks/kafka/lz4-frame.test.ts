import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { compressSync, decompressFrameSync } from 'lz4-napi';
import { lz4Frame } from './lz4-frame.ts';

const BLOCK = 63 * 1024;

function framed(data: Buffer): Buffer {
  return Buffer.concat(lz4Frame(data, block => compressSync(block)));
}

test('a frame is read back, whatever its size', () => {
  for (const bytes of [0, 1, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 40 * BLOCK]) {
    const data = Buffer.alloc(bytes, 'line of log ');
    const frame = framed(data);
    assert.ok(decompressFrameSync(frame).equals(data), `${bytes} bytes`);
    assert.ok(frame.length < 40 + bytes / 50, `${frame.length} of ${bytes} bytes`);
  }
});

test('what does not become smaller is stored as it is', () => {
  const data = randomBytes(BLOCK + 1);
  const frame = framed(data);
  assert.ok(decompressFrameSync(frame).equals(data));
  assert.equal(frame.length, data.length + 7 + 4 + 4 + 4);
});
