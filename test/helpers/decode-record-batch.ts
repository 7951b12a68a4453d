import assert from 'node:assert/strict';
import { zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import decode from 'kafkajs/src/protocol/recordBatch/v0/decoder.js';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

const { CompressionCodecs, CompressionTypes } = kafkajs;

export type DecodedBatch = decode.RecordBatch;
export type DecodedRecord = decode.Record;

type Decompress = (bytes: Buffer) => Buffer;

function readOnly(decompress: Decompress): () => object {
  return () => ({ decompress: (bytes: Buffer) => Promise.resolve(decompress(bytes)) });
}

Object.assign(CompressionCodecs, {
  [CompressionTypes.Snappy]: readOnly(bytes => uncompressSync(bytes, { asBuffer: true }) as Buffer),
  [CompressionTypes.LZ4]: readOnly(decompressFrameSync),
  [CompressionTypes.ZSTD]: readOnly(bytes => zstdDecompressSync(bytes)),
});

/** Reads one RecordBatch with kafkajs, checksum and sizes included: it shares no code with the encoder. */
export async function decodeRecordBatch(batch: Buffer): Promise<DecodedBatch> {
  assert.equal(batch.readInt32BE(8), batch.length - 12, 'the size in the head is that of the batch');
  assert.equal(batch.readUInt32BE(17), crc32c(batch.subarray(21)) >>> 0, 'the checksum is right');
  const decoded = await decode(new Decoder(batch));
  assert.equal(decoded.lastOffsetDelta, decoded.records.length - 1);
  return decoded;
}
