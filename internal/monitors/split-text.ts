import { endOfNuls, findNulStretch, startOfNuls } from './nul-stretches.ts';
import { type Split, type SplitOptions, type SplitState, splitLines } from './splitter.ts';

export interface TextState extends SplitState {
  /** The text begins inside a stretch of NULs. */
  readonly isInNuls: boolean;
}

export interface TextSplit extends Split {
  /** Bytes of the stretches of NULs that were skipped. */
  nulBytes: number;
}

/**
 * Finds the lines in `text[from … to)` as `splitLines` does, and leaves out what a power cut left: a stretch of NULs
 * ends the line before it. Called by the monitors, once a read.
 */
export function splitText(
  text: Buffer,
  from: number,
  to: number,
  spans: Uint32Array,
  state: TextState,
  options: SplitOptions,
): TextSplit {
  let at = state.isInNuls ? endOfNuls(text, from, to) : from;
  const whole = { records: 0, consumed: at, isCut: state.isCut, cuts: 0, lostBytes: 0, nulBytes: at - from };
  for (;;) {
    const stretch = findNulStretch(text, at, to);
    const isFinal = stretch !== undefined || state.isFinal;
    // NULs at the end of a read may be the beginning of a stretch.
    const end = stretch?.start ?? (isFinal ? to : startOfNuls(text, at, to));
    const room = spans.subarray(whole.records * 2);
    const split = splitLines(text, at, end, room, { isCut: whole.isCut, isFinal }, options);
    whole.records += split.records;
    whole.consumed = split.consumed;
    whole.isCut = split.isCut;
    whole.cuts += split.cuts;
    whole.lostBytes += split.lostBytes;
    if (stretch === undefined || split.consumed < end) return whole;
    whole.nulBytes += stretch.end - stretch.start;
    whole.isCut = false;
    at = stretch.end;
    whole.consumed = at;
  }
}
