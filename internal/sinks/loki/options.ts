import type { Secret } from '../../../pkg/spec/secret.ts';

/** What a Loki sink is made of; `spec.ts` reads it from the config. */
export interface LokiSinkOptions {
  readonly name: string;
  /** Where to push: `http:` or `https:`, with the whole path, without credentials. */
  readonly url: string;
  readonly encoding: 'protobuf' | 'json';
  /** `X-Scope-OrgID`; none when empty. */
  readonly tenant: string;
  /** Added to each stream that does not have a label of that name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly auth?:
    | {
        readonly basic?: { readonly user: string; readonly password: Secret } | undefined;
        readonly bearer?: Secret | undefined;
      }
    | undefined;
  /** Bound of one request. */
  readonly timeoutMs: number;
  /** Sends in flight at most, so connections at most. */
  readonly workers: number;
}
