import { OUTPUTS } from '../formats/entry-reader.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import type { Moment } from './cursor.ts';
import { FrameReader } from './frame-reader.ts';
import { LineBuffer, LineOrder } from './line-buffer.ts';
import { TerminalReader } from './terminal-reader.ts';

/** A log that has been silent for so long is asked about, and again when it has been so for twice as long. */
const FIRST_MS = 60_000;
/** Of the last line only its time counts. */
const MAX_LINE_BYTES = 64;

/** The log of a container that is followed can hang, when the engine rotates it: nobody says so, it is just silent. */
export class Silence {
  readonly #context: EngineContext;
  #nextMs = FIRST_MS;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Whether the engine has a line younger than all that it gave on a connection that has been quiet for so long. */
  async hidesLines(container: Container, quietMs: number, highest: Moment | null): Promise<boolean> {
    if (quietMs < FIRST_MS) this.#nextMs = FIRST_MS;
    if (quietMs < this.#nextMs) return false;
    this.#nextMs = quietMs * 2;
    const { sec, nanos } = highest ?? { sec: -1, nanos: 0 };
    return (await lastLines(this.#context, container)).some(
      lines => lines.firstSince(sec, nanos + 1) < lines.count,
    );
  }
}

/** The last line of a container, in the buffer of its output. */
async function lastLines({ client }: EngineContext, { id, hasTerminal }: Container): Promise<LineBuffer[]> {
  const order = new LineOrder();
  const outputs = {
    stdout: new LineBuffer(MAX_LINE_BYTES, order),
    stderr: new LineBuffer(MAX_LINE_BYTES, order),
  };
  const reader = hasTerminal ? new TerminalReader(outputs.stdout) : new FrameReader(outputs);
  const stream = client.logs(id, 'tail=1', (bytes, from, to) => {
    const problem = reader.push(bytes, from, to);
    if (problem !== undefined) stream.fail(problem);
  });
  await stream.ended;
  return OUTPUTS.map(name => outputs[name]);
}
