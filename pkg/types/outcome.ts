/** Why a sink did not take records, for the `kind` label of `sink_errors_total` and for dead letters. */
export type FailureKind =
  | 'network'
  | 'tls'
  | 'timeout'
  | 'rate_limited'
  | 'unavailable'
  | 'rejected'
  | 'too_large'
  | 'unauthorized'
  | 'not_stored'
  | 'aborted'
  | 'internal';

/** A failure in the sink's own words. */
export interface Failure {
  readonly kind: FailureKind;
  /** For people: what the server said, shortened, without secrets. */
  readonly message: string;
}

/** Records that a server refused for good. `records` are numbers within the batch, ascending. */
export interface Refusal extends Failure {
  readonly records: Uint32Array;
}

/**
 * What a sink said of a batch: a value, not an exception. `send` never rejects for a failure it expects.
 *
 * - `delivered`: every record is safe with the server.
 * - `retry`: nothing (or, with `rest`, only the others) was taken; try `rest` again, not before `afterMs`.
 * - `rejected`: the named records will never be taken; `rest`, if any, is to be tried again; all others are delivered.
 * - `split`: too large as a whole; try again in halves. A single record that is too large is `rejected`.
 */
export type Outcome =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'retry';
      readonly failure: Failure;
      readonly afterMs?: number;
      readonly rest?: Uint32Array;
    }
  | {
      readonly kind: 'rejected';
      readonly refusals: readonly Refusal[];
      readonly rest?: { readonly failure: Failure; readonly records: Uint32Array; readonly afterMs?: number };
    }
  | { readonly kind: 'split'; readonly failure: Failure };

export const DELIVERED: Outcome = { kind: 'delivered' };
