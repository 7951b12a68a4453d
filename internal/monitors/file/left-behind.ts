import type { Arrivals } from './arrivals.ts';
import type { Departures } from './departures.ts';
import type { TailedFile } from './file-index.ts';
import { findLeftBehind } from './find-file.ts';
import type { Generations } from './generations.ts';

/** What is remembered and stands at no path that matches was renamed while the agent was down, or deleted. */
export async function takeInLeftBehind(
  arrivals: Arrivals,
  departures: Departures,
  generations: Generations,
  add: (file: TailedFile) => void,
): Promise<void> {
  const { remembered } = arrivals;
  const { renamed, deleted } = await findLeftBehind(remembered.left);
  for (const [track, path] of renamed) {
    remembered.drop(track);
    const file = arrivals.known(track, path, 'leaving');
    file.hasReachedEnd = false;
    // While nothing was read of it there is only its name to know its archive by.
    file.tailer.seenAt(path);
    add(file);
  }
  // Before its content is found in an archive, which is younger.
  for (const track of [...renamed.map(([each]) => each), ...deleted]) generations.left(track.meta);
  for (const track of deleted) {
    remembered.drop(track);
    const { path, lastPath = path } = track.meta;
    await departures.giveUp(arrivals.known(track, lastPath, 'leaving'));
  }
}
