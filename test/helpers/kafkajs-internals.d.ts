declare module 'kafkajs/src/protocol/decoder.js' {
  class Decoder {
    constructor(bytes: Buffer);
    canReadBytes(bytes: number): boolean;
  }
  export = Decoder;
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js';

  namespace decode {
    interface Record {
      readonly timestamp: string;
      readonly offset: string;
      readonly key: Buffer | null;
      readonly value: Buffer | null;
      readonly headers: Readonly<{ [name: string]: Buffer | readonly Buffer[] }>;
    }
    interface RecordBatch {
      readonly firstTimestamp: string;
      readonly maxTimestamp: string;
      readonly lastOffsetDelta: number;
      readonly producerId: string;
      readonly producerEpoch: number;
      readonly firstSequence: number;
      readonly records: readonly Record[];
    }
  }
  function decode(bytes: Decoder): Promise<decode.RecordBatch>;
  export = decode;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  function crc32c(bytes: Buffer): number;
  export = crc32c;
}

declare module 'kafkajs/src/producer/partitioners/default/murmur2.js' {
  function murmur2(key: Buffer): number;
  export = murmur2;
}

declare module 'kafkajs/src/protocol/error.js' {
  export const errorCodes: readonly {
    readonly code: number;
    readonly type: string;
    readonly retriable: boolean;
  }[];
}

declare module 'kafkajs/src/protocol/request.js' {
  function createRequest(options: {
    readonly correlationId: number;
    readonly clientId: string;
    readonly request: object;
  }): Promise<{ readonly buffer: Buffer }>;
  export = createRequest;
}
