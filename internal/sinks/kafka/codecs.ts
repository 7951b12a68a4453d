import { promisify } from 'node:util';
import { constants, gzip as gzipCallback, zstdCompressSync } from 'node:zlib';
import { lz4Frame } from './lz4-frame.ts';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** One way of compressing the records of a batch. */
export interface Codec {
  /** The lowest three bits of a batch's attributes (Kafka's `CompressionType`). */
  readonly id: number;
  /** The records compressed, in pieces of memory of their own; absent where they go as they are. */
  readonly compress?: (records: Buffer) => Buffer[] | Promise<Buffer[]>;
}

const gzip = promisify(gzipCallback);

/**
 * Loads what a compression needs: once, when the sink starts. Levels are those that are worth their time on lines of
 * log: of gzip, level 6 takes three times as long as 1 to save 10 %; of zstd, 3 takes a third longer to save nothing.
 */
export async function loadCodec(compression: Compression): Promise<Codec> {
  if (compression === 'none') return { id: 0 };
  if (compression === 'gzip')
    return { id: 1, compress: async records => [await gzip(records, { level: 1 })] };
  if (compression === 'snappy') {
    const { compressSync } = await import('snappy');
    // Without the option the output lies in fresh memory, which costs more than the compression.
    return { id: 2, compress: records => [compressSync(records, { copyOutputData: true })] };
  }
  if (compression === 'lz4') {
    const { compressSync } = await import('lz4-napi');
    return { id: 3, compress: records => lz4Frame(records, block => compressSync(block)) };
  }
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  return { id: 4, compress: records => [zstdCompressSync(records, { params })] };
}
