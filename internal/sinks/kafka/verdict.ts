import type { Failure, FailureKind } from '../../../pkg/types/outcome.ts';

/** What an error code means for the batch of a partition. Only `stored` is safe with Kafka. */
export type Verdict =
  | { readonly as: 'stored' }
  /** For no fault of the records: the same bytes again, not before `afterMs`, to the leader that new metadata name. */
  | {
      readonly as: 'retry';
      readonly failure: Failure;
      readonly needsMetadata: boolean;
      readonly afterMs?: number;
    }
  /** Too large, or a record among others is refused: in halves; a record that is alone is refused for good. */
  | { readonly as: 'split'; readonly failure: Failure }
  /** None of the records will ever be taken. */
  | { readonly as: 'refused'; readonly failure: Failure }
  /** Nothing will be taken until a person changes something: the sink is ill, and the records are not to blame. */
  | { readonly as: 'blocked'; readonly failure: Failure }
  /**
   * The broker does not know where the producer's sequence stands. While an earlier batch of the partition is in
   * flight this one only came too early: the same bytes again after it. Else all that is unsettled goes again with
   * sequences from 0 under the next epoch (KIP-360), or under a new producer id after epoch 32767.
   */
  | { readonly as: 'new_epoch'; readonly failure: Failure }
  /** The producer's id or epoch is no longer valid: the same with a new producer id (InitProducerId). */
  | { readonly as: 'new_producer'; readonly failure: Failure };

interface Row {
  readonly name: string;
  readonly as: Verdict['as'];
  readonly kind: FailureKind;
  readonly needsMetadata?: true;
  readonly hint?: string;
}

const AGAIN = { as: 'retry', kind: 'unavailable' } as const;
const MOVED = { as: 'retry', kind: 'unavailable', needsMetadata: true } as const;
const FORBIDDEN = { as: 'blocked', kind: 'unauthorized' } as const;
const UNABLE = { as: 'blocked', kind: 'not_stored' } as const;
const NEW_PRODUCER = { as: 'new_producer', kind: 'not_stored' } as const;
const NEW_EPOCH = { as: 'new_epoch', kind: 'not_stored' } as const;
const STORED = { as: 'stored', kind: 'internal' } as const;

const NO_TOPIC = 'the topic or its partition does not exist; create it, or set create_topics: true';
const WRITE = 'the user may not write to the topic; grant Write on it';
const IDEMPOTENT = 'the user may not do this in the cluster; grant IdempotentWrite, or set idempotent: false';
const REPLICAS = 'fewer replicas are in sync than min.insync.replicas of the topic asks for';
const CREATE = 'the topic could not be created as create_topics says';
const OLD_BROKER = 'the broker is too old for this';

/**
 * Every code that answers what a producer asks (Produce, Metadata, InitProducerId, CreateTopics, SASL), as Kafka 4.1's
 * `Errors` has them and its own producer takes them (`Sender`, `TransactionManager`). Names are Kafka's.
 */
const TABLE: ReadonlyMap<number, Row> = new Map<number, Row>([
  [-1, { name: 'UNKNOWN_SERVER_ERROR', ...AGAIN, hint: 'the log of the broker says why' }],
  [0, { name: 'NONE', ...STORED }],
  [2, { name: 'CORRUPT_MESSAGE', ...AGAIN, kind: 'internal', hint: 'the batch was damaged on its way' }],
  [3, { name: 'UNKNOWN_TOPIC_OR_PARTITION', ...MOVED, hint: NO_TOPIC }],
  [5, { name: 'LEADER_NOT_AVAILABLE', ...MOVED }],
  [6, { name: 'NOT_LEADER_OR_FOLLOWER', ...MOVED }],
  [7, { name: 'REQUEST_TIMED_OUT', ...AGAIN, kind: 'timeout' }],
  [8, { name: 'BROKER_NOT_AVAILABLE', ...MOVED }],
  [9, { name: 'REPLICA_NOT_AVAILABLE', ...MOVED }],
  [10, { name: 'MESSAGE_TOO_LARGE', as: 'split', kind: 'too_large', hint: 'max.message.bytes of the topic' }],
  [13, { name: 'NETWORK_EXCEPTION', ...MOVED, kind: 'network' }],
  [14, { name: 'COORDINATOR_LOAD_IN_PROGRESS', ...AGAIN }],
  [15, { name: 'COORDINATOR_NOT_AVAILABLE', ...MOVED }],
  [16, { name: 'NOT_COORDINATOR', ...MOVED }],
  [
    17,
    { name: 'INVALID_TOPIC_EXCEPTION', as: 'refused', kind: 'rejected', hint: 'Kafka takes no such topic' },
  ],
  [18, { name: 'RECORD_LIST_TOO_LARGE', as: 'split', kind: 'too_large', hint: 'segment.bytes of the topic' }],
  [19, { name: 'NOT_ENOUGH_REPLICAS', ...AGAIN, hint: REPLICAS }],
  [20, { name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', ...AGAIN, hint: REPLICAS }],
  [21, { name: 'INVALID_REQUIRED_ACKS', ...UNABLE, hint: 'change acks' }],
  [29, { name: 'TOPIC_AUTHORIZATION_FAILED', ...FORBIDDEN, hint: WRITE }],
  [31, { name: 'CLUSTER_AUTHORIZATION_FAILED', ...FORBIDDEN, hint: IDEMPOTENT }],
  [
    32,
    {
      ...{ name: 'INVALID_TIMESTAMP', as: 'split', kind: 'rejected' },
      hint: 'the time is outside of message.timestamp.before.max.ms and .after.max.ms of the topic',
    },
  ],
  [33, { name: 'UNSUPPORTED_SASL_MECHANISM', ...FORBIDDEN, hint: 'change sasl.mechanism' }],
  [34, { name: 'ILLEGAL_SASL_STATE', ...FORBIDDEN, hint: 'the listener expects SASL, or none: check sasl' }],
  [35, { name: 'UNSUPPORTED_VERSION', ...UNABLE, hint: OLD_BROKER }],
  [36, { name: 'TOPIC_ALREADY_EXISTS', ...MOVED }],
  [37, { name: 'INVALID_PARTITIONS', ...UNABLE, hint: CREATE }],
  [38, { name: 'INVALID_REPLICATION_FACTOR', ...UNABLE, hint: CREATE }],
  [39, { name: 'INVALID_REPLICA_ASSIGNMENT', ...UNABLE, hint: CREATE }],
  [40, { name: 'INVALID_CONFIG', ...UNABLE, hint: CREATE }],
  [41, { name: 'NOT_CONTROLLER', ...MOVED }],
  [42, { name: 'INVALID_REQUEST', ...UNABLE, hint: 'the log of the broker says why' }],
  [43, { name: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', ...UNABLE, hint: OLD_BROKER }],
  [44, { name: 'POLICY_VIOLATION', ...UNABLE, hint: 'a policy of the broker forbids it' }],
  [45, { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', ...NEW_EPOCH }],
  [46, { name: 'DUPLICATE_SEQUENCE_NUMBER', ...STORED }],
  [47, { name: 'INVALID_PRODUCER_EPOCH', ...NEW_PRODUCER }],
  [48, { name: 'INVALID_TXN_STATE', ...NEW_PRODUCER }],
  [49, { name: 'INVALID_PRODUCER_ID_MAPPING', ...NEW_PRODUCER }],
  [51, { name: 'CONCURRENT_TRANSACTIONS', ...AGAIN }],
  [53, { name: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', ...FORBIDDEN, hint: IDEMPOTENT }],
  [54, { name: 'SECURITY_DISABLED', ...FORBIDDEN, hint: 'the broker has no security set up' }],
  [55, { name: 'OPERATION_NOT_ATTEMPTED', ...AGAIN }],
  [56, { name: 'KAFKA_STORAGE_ERROR', ...MOVED, hint: 'a disk of the broker failed' }],
  [57, { name: 'LOG_DIR_NOT_FOUND', ...MOVED, hint: 'a disk of the broker failed' }],
  [58, { name: 'SASL_AUTHENTICATION_FAILED', ...FORBIDDEN, hint: 'check sasl.username and sasl.password' }],
  [59, { name: 'UNKNOWN_PRODUCER_ID', ...NEW_EPOCH }],
  [60, { name: 'REASSIGNMENT_IN_PROGRESS', ...MOVED }],
  [67, { name: 'INVALID_PRINCIPAL_TYPE', ...FORBIDDEN }],
  [72, { name: 'LISTENER_NOT_FOUND', ...MOVED, hint: 'the leader has no listener of this name' }],
  [74, { name: 'FENCED_LEADER_EPOCH', ...MOVED }],
  [75, { name: 'UNKNOWN_LEADER_EPOCH', ...MOVED }],
  [76, { name: 'UNSUPPORTED_COMPRESSION_TYPE', ...UNABLE, hint: 'change compression' }],
  [77, { name: 'STALE_BROKER_EPOCH', ...MOVED }],
  [78, { name: 'OFFSET_NOT_AVAILABLE', ...MOVED }],
  [80, { name: 'PREFERRED_LEADER_NOT_AVAILABLE', ...MOVED }],
  [84, { name: 'ELECTION_NOT_NEEDED', ...MOVED }],
  [87, { name: 'INVALID_RECORD', as: 'split', kind: 'rejected', hint: 'the broker does not take a record' }],
  [89, { name: 'THROTTLING_QUOTA_EXCEEDED', ...AGAIN, kind: 'rate_limited' }],
  [90, { name: 'PRODUCER_FENCED', ...NEW_PRODUCER }],
  [97, { name: 'PRINCIPAL_DESERIALIZATION_FAILURE', ...FORBIDDEN }],
  [100, { name: 'UNKNOWN_TOPIC_ID', ...MOVED }],
  [103, { name: 'INCONSISTENT_TOPIC_ID', ...MOVED }],
  [104, { name: 'INCONSISTENT_CLUSTER_ID', ...UNABLE, hint: 'brokers names brokers of several clusters' }],
  [108, { name: 'NEW_LEADER_ELECTED', ...MOVED }],
  [129, { name: 'REBOOTSTRAP_REQUIRED', ...MOVED }],
]);

const UNEXPECTED: Row = {
  name: 'an error',
  ...AGAIN,
  kind: 'internal',
  hint: 'not an answer to what was asked',
};

/**
 * What error code `code` means. Pure. `throttleMs` is the time for which the answer asks to send nothing more
 * (`throttle_time_ms`).
 */
export function verdictOf(code: number, throttleMs = 0): Verdict {
  const { name, as, kind, needsMetadata = false, hint } = TABLE.get(code) ?? UNEXPECTED;
  if (as === 'stored') return { as };
  const failure = { kind, message: `${name} (${code})${hint === undefined ? '' : `: ${hint}`}` };
  if (as !== 'retry') return { as, failure };
  return { as, failure, needsMetadata, ...(throttleMs > 0 ? { afterMs: throttleMs } : {}) };
}
