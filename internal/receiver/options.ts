/** What Loki refuses, with its default limits. `0` switches a limit off; sizes are bytes. */
export interface Limits {
  readonly maxLineBytes: number;
  readonly maxLabelNames: number;
  readonly maxLabelNameBytes: number;
  readonly maxLabelValueBytes: number;
  readonly maxStreams: number;
  readonly maxMetadataBytes: number;
  readonly maxMetadataEntries: number;
  /** A push larger than this is refused by the ingester, with a 500. */
  readonly maxMessageBytes: number;
  readonly maxAgeMs: number;
  readonly maxFutureMs: number;
  /** How far behind the newest entry of its stream an entry may be. */
  readonly maxBehindMs: number;
  /** Tenant rate in bytes a second; Loki's own is 4 MiB, burst 6 MiB. Off by default: tests need speed. */
  readonly rateBytes: number;
  readonly rateBurstBytes: number;
  /** Rate of one stream; Loki's own is 3 MiB, burst 15 MiB. Off by default. */
  readonly streamRateBytes: number;
  readonly streamRateBurstBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_MS = 3_600_000;

export const DEFAULT_LIMITS: Limits = {
  maxLineBytes: 256 * KIB,
  maxLabelNames: 15,
  maxLabelNameBytes: 1024,
  maxLabelValueBytes: 2048,
  maxStreams: 5000,
  maxMetadataBytes: 64 * KIB,
  maxMetadataEntries: 128,
  maxMessageBytes: 4 * MIB,
  maxAgeMs: 7 * 24 * HOUR_MS,
  maxFutureMs: HOUR_MS / 6,
  maxBehindMs: HOUR_MS,
  rateBytes: 0,
  rateBurstBytes: 6 * MIB,
  streamRateBytes: 0,
  streamRateBurstBytes: 15 * MIB,
};

/** Loki's default rates on top of its default limits. */
export const RATE_LIMITS: Limits = { ...DEFAULT_LIMITS, rateBytes: 4 * MIB, streamRateBytes: 3 * MIB };

/** Nothing is refused for its size, age or number. */
export const NO_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  maxLineBytes: 0,
  maxLabelNames: 0,
  maxLabelNameBytes: 0,
  maxLabelValueBytes: 0,
  maxStreams: 0,
  maxMetadataBytes: 0,
  maxMetadataEntries: 0,
  maxMessageBytes: 0,
  maxAgeMs: 0,
  maxFutureMs: 0,
  maxBehindMs: 0,
};

/**
 * What the receiver does with a push: `store` it as Loki does; only decode it and count its lines and bytes
 * (`decode`); or only count the bytes of its body (`body`), as cheap as it gets.
 */
export type ReceiverMode = 'store' | 'decode' | 'body';

/** How a receiver is set up. Every field has a default: `{}` is a receiver on a free port of 127.0.0.1. */
export interface ReceiverOptions {
  readonly host: string;
  /** 0 takes a free port; `Receiver.url` says which. */
  readonly port: number;
  readonly mode: ReceiverMode;
  /** Memory for stored lines; the oldest go first. */
  readonly maxBytes: number;
  /** Largest request body, as sent. */
  readonly maxBodyBytes: number;
  /** Largest push, uncompressed. */
  readonly maxDecodedBytes: number;
  readonly limits: Limits;
  /** Whether `/faults` may be used. */
  readonly faults: boolean;
  /** Whether lines are `<source> <n> …` and are to be counted by number (`GET /sequence`). */
  readonly verifySequence: boolean;
  /** A file that gets one JSON line for each push: what came, in which order, with a digest. */
  readonly recordPath: string | undefined;
}

export const DEFAULT_OPTIONS: ReceiverOptions = {
  host: '127.0.0.1',
  port: 0,
  mode: 'store',
  maxBytes: 64 * MIB,
  maxBodyBytes: 32 * MIB,
  maxDecodedBytes: 64 * MIB,
  limits: DEFAULT_LIMITS,
  faults: false,
  verifySequence: false,
  recordPath: undefined,
};
