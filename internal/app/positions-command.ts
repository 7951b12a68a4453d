import { join } from 'node:path';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import {
  forgetPositions,
  type Remembered,
  type RememberedTrack,
  readPositions,
} from '../positions/remembered.ts';
import { SelfLog } from '../selflog/self-log.ts';

export type { Remembered, RememberedTrack };

/** What the state directory remembers; see `readPositions` for its errors. */
export function listPositions(stateDir: string): Promise<Remembered> {
  return readPositions(nodeFs, positionsDir(stateDir));
}

/** Forgets sources by name or key, while no agent runs; see `forgetPositions` for its errors. */
export async function forgetInStateDir(
  stateDir: string,
  names: readonly string[],
): Promise<readonly RememberedTrack[]> {
  const selfLog = new SelfLog(
    { level: 'warn', format: 'text' },
    { clock: systemClock, output: process.stderr },
  );
  try {
    const dir = positionsDir(stateDir);
    return await forgetPositions({ dir, fs: nodeFs, clock: systemClock, logger: selfLog.root }, names);
  } finally {
    selfLog.close();
  }
}

function positionsDir(stateDir: string): string {
  return join(stateDir, 'positions');
}
