import { delay } from '../../../pkg/clock/clock.ts';
import { OUTPUTS } from '../formats/entry-reader.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { DISORDER_SEC, LONG_AGO, type Moment } from './cursor.ts';
import { FrameReader } from './frame-reader.ts';
import { LineBuffer } from './line-buffer.ts';
import { LineOrder } from './line-order.ts';
import type { MessageReader, OutputLines } from './message-reader.ts';
import type { CountAt } from './repeats.ts';
import type { AskForLines } from './seams.ts';
import { TerminalReader } from './terminal-reader.ts';

/** Of these lines only the times count. */
const MAX_LINE_BYTES = 64;
/** An engine that is just rotating the log refuses to say what is in it: it is asked so often, with pauses. */
const MAX_TRIES = 20;
const TRY_AGAIN_MS = 25;

/** Buffers for both outputs of a container, of which lines are cut at `maxLineBytes`. */
export function outputLines(maxLineBytes: number): OutputLines {
  const order = new LineOrder();
  return { stdout: new LineBuffer(maxLineBytes, order), stderr: new LineBuffer(maxLineBytes, order) };
}

/** Takes apart what the engine sends of a container. */
export function engineReader({ hasTerminal }: Container, outputs: OutputLines): MessageReader {
  return hasTerminal ? new TerminalReader(outputs.stdout) : new FrameReader(outputs);
}

/** The lines of a container that an engine has at present: of a part of its log, as its API wants it (`tail=1`). */
export async function linesOf(
  { client }: EngineContext,
  container: Container,
  part: string,
): Promise<OutputLines | undefined> {
  const outputs = outputLines(MAX_LINE_BYTES);
  const reader = engineReader(container, outputs);
  const stream = client.logs(container.id, part, (bytes, from, to) => {
    const problem = reader.push(bytes, from, to);
    if (problem !== undefined) stream.fail(problem);
  });
  const { kind } = await stream.ended;
  return kind === 'complete' ? outputs : undefined;
}

/** Whether an engine has a line of a container that is younger than a moment. */
export async function hasLinesAfter(
  context: EngineContext,
  container: Container,
  moment: Moment,
): Promise<boolean> {
  // Without a time it would decompress what it has compressed.
  const part = moment === LONG_AGO ? 'tail=1' : `tail=1&since=${timeText(moment)}`;
  const last = await linesOf(context, container, part);
  return OUTPUTS.some(name => {
    const lines = last?.[name];
    return lines !== undefined && lines.firstSince(moment.sec, moment.nanos + 1) < lines.count;
  });
}

/** The lines of a container that an engine has now. */
export function askForLines(context: EngineContext, container: Container): AskForLines {
  return (since, limit) => {
    const part = 'tail' in limit ? `tail=${limit.tail}` : `until=${timeText(limit.until)}`;
    return linesOf(context, container, `since=${sinceText(context, container, since)}&${part}`);
  };
}

/** How many lines of a nanosecond an engine has. */
export function countAtOf(context: EngineContext, container: Container): CountAt {
  const { clock, stopping } = context;
  return async (output, { sec, nanos }) => {
    // It ends with the first line that is younger, and what another output logged a little later may come before.
    const until = timeText({ sec: sec + DISORDER_SEC, nanos });
    const part = `since=${sinceText(context, container, { sec, nanos })}&until=${until}`;
    for (let tries = 1; ; tries++) {
      const lines = (await linesOf(context, container, part))?.[output];
      if (lines !== undefined) return lines.firstSince(sec, nanos + 1) - lines.firstSince(sec, nanos);
      if (tries === MAX_TRIES || stopping.aborted) return undefined;
      await delay(clock, TRY_AGAIN_MS, stopping);
    }
  };
}

/**
 * From when on an engine is asked for what was logged since a moment; `null`: from the beginning. Up to 20.10 it leaves out
 * every compressed file where the oldest ends before that time (moby, `openRotatedFiles`), so it is asked for all of such
 * a log, and who reads it leaves out what is older.
 */
export function sinceText({ client }: EngineContext, container: Container, since: Moment | null): string {
  const isAll = since === null || (container.isLogCompressed && client.mayLeaveOutFiles);
  return isAll ? '0' : timeText(since);
}

/** A time as the engine's API wants it. */
function timeText({ sec, nanos }: Moment): string {
  return `${sec}.${String(nanos).padStart(9, '0')}`;
}
