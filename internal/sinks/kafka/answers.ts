import type { Failure } from '../../../pkg/types/outcome.ts';

/** What came of asking a broker: its answer, or the reason why there is none. */
export type Asked<T> = { readonly answer: T } | { readonly failure: Failure };

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A cluster as one of its brokers sees it. */
export interface ClusterMetadata {
  readonly clusterId: string | null;
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly {
      readonly partitionId: number;
      /** A broker's node id; -1 while nobody leads. */
      readonly leader: number;
    }[];
  }[];
}

/** A producer as a broker has registered it. */
export interface ProducerIdAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}

export interface CreateTopicsAnswer {
  readonly topicErrors: readonly {
    readonly topic: string;
    readonly errorCode: number;
    readonly errorMessage?: string | null;
  }[];
}

export interface DescribeConfigsAnswer {
  readonly resources: readonly {
    readonly errorCode: number;
    readonly resourceName: string;
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
  }[];
}
