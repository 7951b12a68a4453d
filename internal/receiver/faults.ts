import { z } from 'zod';
import type { Clock } from '../../pkg/clock/clock.ts';
import type { Limits } from './options.ts';

const count = z.int().min(0);

const LIMITS = z.strictObject({
  maxLineBytes: count,
  maxLabelNames: count,
  maxLabelNameBytes: count,
  maxLabelValueBytes: count,
  maxStreams: count,
  maxMetadataBytes: count,
  maxMetadataEntries: count,
  maxMessageBytes: count,
  maxAgeMs: count,
  maxFutureMs: count,
  maxBehindMs: count,
  rateBytes: count,
  rateBurstBytes: count,
  streamRateBytes: count,
  streamRateBurstBytes: count,
} satisfies Record<keyof Limits, z.ZodInt>);

const FAULT = z.strictObject({
  /**
   * What happens to a push: `pass` takes it as usual (with `delayMs`, late), `answer` says `status` and stores
   * nothing, `store_then_answer` stores it and says `status` all the same, `cut` and `store_then_cut` close the
   * connection instead of an answer, `hang` never answers.
   */
  action: z.enum(['pass', 'answer', 'store_then_answer', 'cut', 'store_then_cut', 'hang']),
  status: z.int().min(200).max(599).default(500),
  text: z.string().default('fault'),
  headers: z.record(z.string(), z.string()).default({}),
  delayMs: count.default(0),
  /** How many pushes it applies to; without `pushes` and `forMs`, all until it is cleared. */
  pushes: z.int().min(1).optional(),
  /** How long it applies, from when it was set. */
  forMs: z.int().min(1).optional(),
});

const REQUEST = z.strictObject({
  faults: z.array(FAULT).default([]),
  /** Limits that hold until `DELETE /faults`; those not named stay as they are. */
  limits: LIMITS.partial().default({}),
});

/** One fault, as `POST /faults` takes it. */
export type Fault = z.infer<typeof FAULT>;

/** The body of `POST /faults`. */
export type FaultRequest = z.input<typeof REQUEST>;

interface ActiveFault {
  readonly fault: Fault;
  left: number;
  readonly untilMs: number;
}

/** Parses the body of `POST /faults`; a text that says what is wrong with it otherwise. */
export function parseFaultRequest(body: Buffer): z.output<typeof REQUEST> | string {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return 'not JSON';
  }
  const parsed = REQUEST.safeParse(json);
  return parsed.success ? parsed.data : z.prettifyError(parsed.error);
}

/** The faults that are set: the first that has not run out applies to the next push. */
export class Faults {
  readonly #clock: Clock;
  #active: ActiveFault[] = [];
  #applied = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(faults: readonly Fault[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (const fault of faults) {
      const left = fault.pushes ?? Number.POSITIVE_INFINITY;
      this.#active.push({ fault, left, untilMs: nowMs + (fault.forMs ?? Number.POSITIVE_INFINITY) });
    }
  }

  clear(): void {
    this.#active = [];
  }

  /** The fault for a push that just came, if there is one; counts it. */
  take(): Fault | undefined {
    this.#dropEnded();
    const [first] = this.#active;
    if (first === undefined) return undefined;
    first.left--;
    this.#applied++;
    return first.fault;
  }

  /** For `GET /faults`. */
  describe(): Readonly<Record<string, unknown>> {
    this.#dropEnded();
    const faults = this.#active.map(({ fault, left }) => ({
      ...fault,
      left: Number.isFinite(left) ? left : null,
    }));
    return { applied: this.#applied, faults };
  }

  #dropEnded(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#active = this.#active.filter(({ left, untilMs }) => left > 0 && nowMs < untilMs);
  }
}
