import { promisify } from 'node:util';
import { constants, gzip as gzipCallback, zstdCompressSync } from 'node:zlib';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** One way of compressing the records of a batch. */
export interface Codec {
  /** The lowest three bits of a batch's attributes (Kafka's `CompressionType`). */
  readonly id: number;
  /** The records compressed, in memory of their own; absent where they go as they are. */
  readonly compress?: (records: Buffer) => Buffer | Promise<Buffer>;
}

const gzip = promisify(gzipCallback);

/** Loads what a compression needs: once, when the sink starts. */
export async function loadCodec(compression: Compression): Promise<Codec> {
  if (compression === 'none') return { id: 0 };
  if (compression === 'gzip') return { id: 1, compress: records => gzip(records, { level: 1 }) };
  if (compression === 'snappy') {
    const { compressSync } = await import('snappy');
    return { id: 2, compress: records => compressSync(records, { copyOutputData: true }) };
  }
  if (compression === 'lz4') {
    const { compressFrameSync } = await import('lz4-napi');
    return { id: 3, compress: records => compressFrameSync(records) };
  }
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  return { id: 4, compress: records => zstdCompressSync(records, { params }) };
}
