import { crc32 } from 'node:zlib';
import { errorText, LcError } from '../../pkg/errors/errors.ts';
import { PositionsState, type TrackState } from './state.ts';

/** Of the snapshot and of the journal; a file of a newer version is not touched but set aside. */
export const FORMAT_VERSION = 1;

/** A state of the positions; `generation` is also the number of the journal that goes on from it. */
export interface Snapshot {
  readonly generation: number;
  readonly state: PositionsState;
}

const HEADER = /^\{"version":(\d+),(?:"crc32":"([0-9a-f]{8})",\n)?/;

/**
 * The snapshot as JSON that people can read: a line a track. The first line holds the version and the
 * checksum of everything after it.
 */
export function encodeSnapshot(generation: number, state: PositionsState): Buffer {
  const tracks = [...state.tracks.values()].map(track => JSON.stringify(track)).join(',\n');
  const body = `"generation":${generation},"nextId":${state.nextId},"tracks":[\n${tracks}\n]}\n`;
  return Buffer.from(`{"version":${FORMAT_VERSION},"crc32":"${hex(crc32(body))}",\n${body}`);
}

/** Throws `LC_STATE_CORRUPT` or `LC_STATE_VERSION`; what it returns is exactly what was written. */
export function decodeSnapshot(data: Buffer): Snapshot {
  const header = HEADER.exec(data.toString('latin1', 0, 64));
  if (header === null) throw corrupt(data.length === 0 ? 'it is empty' : 'it does not begin as a snapshot');
  checkVersion(Number(header[1]));
  const body = data.subarray(header[0].length);
  if (header[2] !== hex(crc32(body))) throw corrupt('its checksum is wrong');
  const { generation, nextId, tracks } = parse(body.toString());
  const state = new PositionsState();
  for (const track of tracks) state.insert({ ...track, nextTime: track.nextTime });
  state.reserve(nextId - 1);
  return { generation, state };
}

/** Throws `LC_STATE_VERSION` for the files of a version that this agent cannot read. */
export function checkVersion(version: number): void {
  if (version === FORMAT_VERSION) return;
  throw new LcError('LC_STATE_VERSION', {
    message: `it has format version ${version}, and this agent reads version ${FORMAT_VERSION}`,
    advice: 'To use it, stop the agent, give the file its name back, and run the version that wrote it.',
  });
}

/** A checksum as text, always 8 digits. */
export function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

interface Body {
  readonly generation: number;
  readonly nextId: number;
  readonly tracks: readonly TrackState[];
}

/** The checksum has vouched for the content: it needs no validation beyond being JSON. */
function parse(body: string): Body {
  try {
    return JSON.parse(`{${body}`) as Body;
  } catch (error) {
    throw corrupt(errorText(error));
  }
}

function corrupt(why: string): LcError {
  return new LcError('LC_STATE_CORRUPT', { message: why });
}
