import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KafkaCluster } from '../helpers/kafka-cluster.ts';
import { KAFKA_CLASS_PATH } from '../helpers/kafka-jars.ts';

const run = promisify(execFile);

export interface PerfTest {
  readonly topic: string;
  /** Lines of this file are sent, any of them again and again. */
  readonly payloadFile: string;
  readonly records: number;
  readonly compression: string;
}

/** CPU-seconds of Kafka's own producer (`kafka-producer-perf-test`, Java), the start of its JVM included. */
export async function cpuSecondsOfPerfTest(cluster: KafkaCluster, test: PerfTest): Promise<number> {
  const java = [
    ...['java', '-Xmx512m', '-cp', KAFKA_CLASS_PATH, 'org.apache.kafka.tools.ProducerPerformance'],
    ...['--topic', test.topic, '--num-records', String(test.records), '--throughput', '-1'],
    ...['--payload-file', test.payloadFile, '--producer-props'],
    ...[
      `bootstrap.servers=${cluster.addresses().join(',')}`,
      'acks=all',
      'batch.size=900000',
      'linger.ms=100',
    ],
    `compression.type=${test.compression}`,
  ];
  // `times` prints the CPU time of the shell, and on the next line that of its children.
  const { stdout } = await run('sh', ['-c', '"$@" >&2; times', 'sh', ...java]);
  const times = stdout.trim().split('\n').at(-1)!.split(' ');
  return times.reduce((sum, text) => {
    const [minutes, seconds] = text.slice(0, -1).split('m');
    return sum + 60 * Number(minutes) + Number(seconds);
  }, 0);
}
