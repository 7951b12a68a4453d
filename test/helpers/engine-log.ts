import type { OutputName } from '../../internal/monitors/formats/entry-reader.ts';

/** A line that a container printed, with the engine's time. */
export interface EngineLine {
  readonly output: OutputName;
  readonly sec: number;
  readonly nanos: number;
  readonly text: string;
}

/** The engine cuts lines here. */
const PIECE_BYTES = 16 * 1024;

/** The engine's timestamp of a line, as it stands before every message. */
export function timestampOf({ sec, nanos }: Pick<EngineLine, 'sec' | 'nanos'>): string {
  return `${new Date(sec * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
}

/** One message of the multiplexed stream. */
export function frameOf(output: OutputName, payload: Buffer | string): Buffer {
  const text = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = output === 'stdout' ? 1 : 2;
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, text]);
}

/** The messages that a line is sent as; pieces of a long one carry the same time. */
export function messagesOf(line: EngineLine): Buffer[] {
  const text = Buffer.from(`${line.text}\n`);
  const messages: Buffer[] = [];
  for (let at = 0; at < text.length; at += PIECE_BYTES) {
    messages.push(Buffer.concat([Buffer.from(`${timestampOf(line)} `), text.subarray(at, at + PIECE_BYTES)]));
  }
  return messages;
}

/** Lines as the multiplexed stream carries them, one frame for each message. */
export function framesOf(lines: readonly EngineLine[]): Buffer[] {
  return lines.flatMap(line => messagesOf(line).map(message => frameOf(line.output, message)));
}

/** Lines as json-file writes them, one entry for each message. */
export function entriesOf(lines: readonly EngineLine[]): Buffer[] {
  return lines.flatMap(line => {
    const time = timestampOf(line);
    const log = messagesOf(line).map(message => message.toString().slice(time.length + 1));
    return log.map(text => Buffer.from(`${JSON.stringify({ log: text, stream: line.output, time })}\n`));
  });
}

/**
 * What an engine gives that is asked for the lines since a moment. `first`: from the first line that is not older on
 * (Docker 23 and later); `each`: every line that is not older (before).
 */
export function linesSince(
  log: readonly EngineLine[],
  since: string,
  way: 'first' | 'each',
): readonly EngineLine[] {
  const [sec = 0, nanos = 0] = since.split('.').map(Number);
  const isOld = (line: EngineLine): boolean => line.sec < sec || (line.sec === sec && line.nanos < nanos);
  if (way === 'each') return log.filter(line => !isOld(line));
  const first = log.findIndex(line => !isOld(line));
  return first === -1 ? [] : log.slice(first);
}
