import { StringDecoder } from 'node:string_decoder';

/** An event holds all labels of its container; one that is longer is not worth its memory. */
const MAX_EVENT_LENGTH = 4 * 1024 * 1024;

/**
 * Calls back with the container of each event, until the stream ends; then resolves. What is no event is left out: the
 * next list will tell.
 */
export function readEvents(stream: NodeJS.ReadableStream, onContainer: (id: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return new Promise(resolve => {
    stream
      .on('data', (bytes: Buffer) => {
        const lines = (rest + decoder.write(bytes)).split('\n');
        rest = lines.pop()!.slice(0, MAX_EVENT_LENGTH);
        for (const line of lines) {
          const id = containerId(line);
          if (id !== undefined) onContainer(id);
        }
      })
      .on('error', () => resolve())
      .on('close', () => resolve())
      .on('end', () => resolve());
  });
}

function containerId(line: string): string | undefined {
  try {
    const { Actor } = JSON.parse(line) as { Actor?: { ID?: unknown } };
    return typeof Actor?.ID === 'string' ? Actor.ID : undefined;
  } catch {
    return undefined;
  }
}
