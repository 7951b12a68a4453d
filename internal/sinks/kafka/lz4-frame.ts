/*
 * A frame of LZ4 (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), which is what Kafka calls lz4: its head,
 * blocks with their sizes, a size of 0. The package's own frames take twice the time of its blocks.
 */

/** Magic; version 1, independent blocks, no checksums; blocks of at most 64 KiB; the checksum of these two bytes. */
const HEAD = Buffer.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
/** A little less than the frame allows: below 65 535 bytes the package takes its small table, which is faster. */
const BLOCK_BYTES = 63 * 1024;
const END = size(0);
/** In the size of a block that is not compressed. */
const STORED = 0x8000_0000;

/** `data` as one frame, in pieces. `compressBlock` is LZ4's block format behind four bytes that tell the size of its input. */
export function lz4Frame(data: Buffer, compressBlock: (block: Buffer) => Buffer): Buffer[] {
  const pieces: Buffer[] = [HEAD];
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const block = data.subarray(from, from + BLOCK_BYTES);
    const compressed = compressBlock(block).subarray(4);
    const isSmaller = compressed.length < block.length;
    pieces.push(isSmaller ? size(compressed.length) : size(block.length + STORED));
    pieces.push(isSmaller ? compressed : block);
  }
  pieces.push(END);
  return pieces;
}

function size(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
