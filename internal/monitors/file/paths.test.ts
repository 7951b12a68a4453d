import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodePath, diskPath, displayPath } from './paths.ts';

const onDisk = (path: string): Buffer => Buffer.from(diskPath(path) as Buffer);

describe('paths', () => {
  it('finds the way back to any bytes a name may have, through JSON too', () => {
    const name = fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)),
      fc.string({ unit: 'binary', maxLength: 10 }).map(text => Buffer.from(text.toWellFormed())),
    );
    fc.assert(
      fc.property(name, bytes => {
        const path = decodePath(bytes);
        assert.deepEqual(onDisk(JSON.parse(JSON.stringify(path)) as string), bytes);
        assert.ok(displayPath(path).isWellFormed());
      }),
      { numRuns: 200 },
    );
  });

  it('keeps apart names that would look the same', () => {
    assert.notEqual(decodePath(Buffer.from([0x61, 0xff])), decodePath(Buffer.from([0x61, 0xfe])));
    assert.equal(displayPath(decodePath(Buffer.from([0x61, 0xff]))), 'a\ufffd');
  });
});
