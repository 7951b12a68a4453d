import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type DecodedBatch, decodeRecordBatch } from './decode-record-batch.ts';
import { FakeKafkaLog } from './fake-kafka-log.ts';

/**
 * What becomes of the batch of a partition: it is taken, or refused with this error code, or (the whole request) never
 * answered, or the connection is cut before or after the batch is stored.
 */
export type ProduceFate = 'take' | number | 'hang' | 'cut' | 'store and cut';

const API_VERSIONS: readonly (readonly [number, number])[] = [
  [0, 8],
  [3, 6],
  [18, 0],
  [22, 1],
];

/** A broker that speaks just enough for a producer, keeps what it is sent, and answers as a test says. */
export class FakeKafka {
  /** By partition of the one topic that it has. */
  readonly logs: readonly FakeKafkaLog[];
  /** Every batch that came, in order, whatever became of it. */
  readonly produced: { readonly partition: number; readonly bytes: Buffer }[] = [];
  /** How often metadata were asked for, and producer ids. */
  metadataRequests = 0;
  producerIds = 0;
  throttleMs = 0;
  clusterId = 'fake';
  /** Partitions that nobody leads, as the metadata have it. */
  readonly leaderless = new Set<number>();
  fateOf: (batch: DecodedBatch, partition: number) => ProduceFate = () => 'take';
  readonly #arrived = new EventEmitter();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(partitions: number) {
    this.logs = Array.from({ length: partitions }, () => new FakeKafkaLog());
    this.#server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
      void this.#serve(socket);
    });
  }

  static async listen(partitions = 2): Promise<FakeKafka> {
    const kafka = new FakeKafka(partitions);
    await new Promise<void>(resolve => kafka.#server.listen(0, '127.0.0.1', resolve));
    return kafka;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Resolves when there have been `count` batches. */
  async received(count: number): Promise<void> {
    while (this.produced.length < count) await once(this.#arrived, 'produce');
  }

  /** The values of the records of a partition, in order. */
  values(partition: number): string[] {
    return this.logs[partition]!.batches.flatMap(({ records }) => records.map(({ value }) => String(value)));
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.cut();
    await new Promise(resolve => this.#server.close(resolve));
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers one request after the other, as a broker does. */
  async #serve(socket: Socket): Promise<void> {
    let bytes = Buffer.alloc(0);
    try {
      for await (const data of socket) {
        bytes = Buffer.concat([bytes, data as Buffer]);
        for (; bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0); ) {
          const end = 4 + bytes.readInt32BE(0);
          const answer = await this.#answer(bytes.subarray(4, end));
          bytes = bytes.subarray(end);
          if (answer === 'cut') return void socket.destroy();
          if (answer === 'hang') return void (await once(socket, 'close'));
          socket.write(answer);
        }
      }
    } catch {
      // The other side has gone.
    }
  }

  async #answer(request: Buffer): Promise<Buffer | 'cut' | 'hang'> {
    const apiKey = request.readInt16BE(0);
    const correlationId = request.readInt32BE(4);
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)));
    const reply = await this.#reply(apiKey, body);
    if (typeof reply === 'string') return reply;
    const answer = Buffer.concat([int32(0), int32(correlationId), ...reply]);
    answer.writeInt32BE(answer.length - 4, 0);
    return answer;
  }

  async #reply(apiKey: number, body: Buffer): Promise<Buffer[] | 'cut' | 'hang'> {
    if (apiKey === 0) return this.#produce(Buffer.from(body));
    if (apiKey === 3) return this.#metadata(body);
    if (apiKey === 22) return [int32(0), int16(0), int64(this.producerIds++), int16(0)];
    const versions = API_VERSIONS.flatMap(([key, version]) => [int16(key), int16(0), int16(version)]);
    return [int16(0), int32(API_VERSIONS.length), ...versions];
  }

  #metadata(body: Buffer): Buffer[] {
    this.metadataRequests++;
    const topic = body.toString('latin1', 6, 6 + body.readInt16BE(4));
    const broker = [int32(1), int32(1), text('127.0.0.1'), int32(this.#port), int16(-1)];
    const partitions = this.logs.flatMap((_, id) => [
      ...[int16(0), int32(id), int32(this.leaderless.has(id) ? -1 : 1)],
      ...[int32(0), int32(0), int32(0)],
    ]);
    return [
      ...[int32(0), ...broker, text(this.clusterId), int32(1)],
      ...[int32(1), int16(0), text(topic), Buffer.of(0), int32(this.logs.length), ...partitions],
    ];
  }

  async #produce(body: Buffer): Promise<Buffer[] | 'cut' | 'hang'> {
    const topic = body.toString('latin1', 14, 14 + body.readInt16BE(12));
    const results: Buffer[] = [];
    let whole: 'cut' | 'hang' | undefined;
    let at = 18 + topic.length;
    const count = body.readInt32BE(at - 4);
    for (let n = 0; n < count; n++) {
      const id = body.readInt32BE(at);
      const end = at + 8 + body.readInt32BE(at + 4);
      const batch = await decodeRecordBatch(body.subarray(at + 8, end));
      this.produced.push({ partition: id, bytes: body.subarray(at + 8, end) });
      this.#arrived.emit('produce');
      const fate = this.fateOf(batch, id);
      const isStored = fate === 'take' || fate === 'store and cut';
      const code = isStored ? this.logs[id]!.append(batch) : Number(fate);
      if (fate === 'hang') whole = 'hang';
      if (fate === 'cut' || fate === 'store and cut') whole = 'cut';
      results.push(int32(id), int16(code), int64(0), int64(-1), int64(0));
      at = end;
    }
    return whole ?? [int32(1), text(topic), int32(count), ...results, int32(this.throttleMs)];
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(value.length), Buffer.from(value)]);
}
