import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Findings } from '../findings.ts';
import { shortened } from '../words.ts';
import { readComplaints } from './complaints.ts';
import { Suspects } from './culprits.ts';
import { type Group, halves, recordNumbers, type Selection, without } from './groups.ts';
import type { Verdict } from './verdict.ts';

/** Pushes in one call of `send` besides those that it begins with: what is not found out by then waits. */
const MAX_PUSHES = 256;
/** So many refused one after the other, and nothing taken: then it is not worth asking for each of the others. */
const ENOUGH = 8;
/** How long streams wait that the limit of streams keeps out. */
const STREAMS_WAIT_MS = 30_000;
/** How long entries above the rate of their stream wait. */
const STREAM_RATE_WAIT_MS = 1000;

export interface InquiryOptions {
  /** Sends one push. It reads the selection before it waits for anything. */
  readonly push: (selection: Selection) => Promise<Verdict>;
  readonly findings: Findings;
  readonly nowMs: () => number;
  /** Which attempt of the batch this is: every second one looks from the other end. */
  readonly attempt: number;
}

/**
 * Sends a selection and finds out what became of each record. An answer names streams, reasons and counts, never
 * entries: those are found by the rule that it names, and else by sending parts of it again, with unchanged times and
 * text, so that Loki keeps once what it has already. A record counts as stored only when an answer covers it.
 */
export class Inquiry {
  readonly #options: InquiryOptions;
  readonly #findings: Findings;
  /** What is still to be sent, the next at the end. */
  readonly #open: Selection[] = [];
  #pushes = 0;
  #maxPushes = MAX_PUSHES;
  #hasStored = false;
  /** Single records refused without a reason of their own, and single streams kept out, without a success in between. */
  #inVain = 0;
  /** How many of those are enough. */
  #enough = ENOUGH;
  #hasSampled = false;

  constructor(options: InquiryOptions) {
    this.#options = options;
    this.#findings = options.findings;
  }

  /** `selections`: what is pushed, one after the other. */
  async run(selections: readonly Selection[]): Promise<void> {
    this.#open.push(...selections.toReversed());
    this.#maxPushes += selections.length;
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      this.#pushes++;
      this.#conclude(next, await this.#options.push(next));
    }
  }

  #conclude(selection: Selection, verdict: Verdict): void {
    switch (verdict.as) {
      case 'stored':
        this.#stored(selection);
        break;
      case 'failed':
        this.#wait([selection, ...this.#open.splice(0)], verdict.failure, verdict.afterMs ?? 0, true);
        break;
      case 'over_rate':
        this.#wait([selection, ...this.#open.splice(0)], verdict.failure, 0, true);
        break;
      case 'over_streams':
        this.#overStreams(selection, verdict.failure);
        break;
      case 'too_large':
        this.#divide(selection, verdict.failure);
        break;
      case 'bad_labels':
        if (selection.length === 1) this.#refuse(selection, verdict.failure);
        else this.#divide(selection, verdict.failure);
        break;
      case 'refused':
        this.#refused(selection, verdict);
    }
  }

  #stored(selection: Selection): void {
    this.#hasStored = true;
    this.#inVain = 0;
    const nowMs = this.#options.nowMs();
    for (const { target } of selection) target.taken(nowMs);
  }

  /** Some entries are refused, the others stored. */
  #refused(selection: Selection, verdict: Extract<Verdict, { as: 'refused' }>): void {
    const { complaints, isWhole } = readComplaints(verdict.text);
    const status = verdict.failure.message.slice(0, 3);
    const suspects = new Suspects(selection);
    let found = 0;
    // Labels are looked at before Loki finds that it takes nothing at the moment, and it says of one only.
    let isRestStored = isWhole && !verdict.isCut && complaints.some(({ rule }) => rule.is !== 'labels');
    for (const complaint of complaints) {
      const culprits = suspects.culpritsOf(complaint);
      const message = `${status}: ${shortened(complaint.words)}`;
      const kind = complaint.rule.is === 'line_bytes' ? 'too_large' : 'rejected';
      const rate: Failure = { kind: 'rate_limited', message };
      found += this.#findings.refuse(culprits.refused, { kind, message });
      found += this.#findings.wait(culprits.waiting, rate, STREAM_RATE_WAIT_MS, false);
      isRestStored &&= culprits.areAll;
      if (complaint.rule.is === 'listed' && complaint.rule.rateLimit !== undefined)
        selection[0]!.target.loudness.rate.limited(complaint.rule.rateLimit);
    }
    const rest = without(selection, record => this.#findings.isDecided(record));
    if (rest === undefined) return;
    if (isRestStored) this.#stored(rest);
    else if (found === 0) this.#divide(selection, verdict.failure);
    else this.#ask([rest], verdict.failure);
  }

  /** Streams that Loki has are not concerned: they go first; among the new ones those that it took are looked for. */
  #overStreams(selection: Selection, failure: Failure): void {
    const nowMs = this.#options.nowMs();
    const isKnown = ({ target }: Group): boolean => target.isKnown(nowMs);
    const known = selection.filter(isKnown);
    if (known.length === selection.length) for (const { target } of selection) target.forgotten();
    else if (known.length > 0) {
      this.#ask([selection.filter(group => !isKnown(group)), known], failure);
      return;
    }
    if (selection.length > 1) {
      this.#divide(selection, failure);
      return;
    }
    selection[0]!.target.keepOut(failure, nowMs + STREAMS_WAIT_MS);
    const out = [selection];
    if (++this.#inVain >= this.#enough) {
      const open = this.#open.splice(0);
      this.#open.push(...open.filter(other => other.some(isKnown)));
      out.push(...open.filter(other => !other.some(isKnown)));
    }
    this.#wait(out, failure, STREAMS_WAIT_MS, false);
  }

  /** Goes on with both halves, or refuses what cannot be divided. */
  #divide(selection: Selection, failure: Failure): void {
    const both = halves(selection);
    if (both !== undefined) {
      this.#ask(this.#options.attempt % 2 === 1 ? both.toReversed() : both, failure);
      return;
    }
    this.#refuse(selection, failure);
    if (this.#hasStored || ++this.#inVain < this.#enough) return;
    if (this.#hasSampled) for (const open of this.#open.splice(0)) this.#refuse(open, failure);
    else this.#sample();
  }

  /** Before all is refused one record of everything that is open is tried: perhaps the first ones only are bad. */
  #sample(): void {
    this.#hasSampled = true;
    const open = this.#open.splice(0);
    this.#enough = this.#inVain + open.length;
    const samples = open.map(selection => recordNumbers(selection).at(-1)!);
    for (const [n, selection] of open.entries()) {
      const rest = without(selection, record => record === samples[n]);
      if (rest !== undefined) this.#open.push(rest);
    }
    for (const [n, selection] of open.entries())
      this.#open.push(without(selection, record => record !== samples[n])!);
  }

  #ask(selections: readonly Selection[], failure: Failure): void {
    if (this.#pushes + this.#open.length >= this.#maxPushes) this.#wait(selections, failure, 0, false);
    else this.#open.push(...selections);
  }

  #refuse(selection: Selection, failure: Failure): void {
    this.#findings.refuse(recordNumbers(selection), failure);
  }

  #wait(selections: readonly Selection[], failure: Failure, afterMs: number, isOutage: boolean): void {
    for (const selection of selections)
      this.#findings.wait(recordNumbers(selection), failure, afterMs, isOutage);
  }
}
