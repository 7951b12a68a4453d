import type { Clock } from '../../pkg/clock/clock.ts';
import type { Logger } from '../selflog/logger.ts';
import type { Recovered } from './recovery.ts';
import type { StateDirectory } from './state-directory.ts';

/**
 * Sets bad snapshots aside for people to look at, and says once what is wrong and what it costs. Rejects with
 * the system's error when the directory does not let it.
 */
export async function reportDamage(
  { badSnapshots, badJournals, isComplete, state }: Recovered,
  directory: StateDirectory,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  for (const { name, error } of badSnapshots) {
    const aside = await directory.setAside(name, clock);
    const next = isComplete
      ? 'going on from the previous generation; little or nothing is sent again'
      : `no good copy is left; ${state.tracks.size} tracks are known from the journal, all others start anew`;
    logger.error(
      'positions.damaged',
      `${name} cannot be used: ${error.message}. It is kept as ${aside}; ${next}`,
      {
        code: error.code,
        advice: error.advice,
        path: directory.file(aside),
      },
    );
  }
  for (const { name, error } of badJournals) {
    logger.warn('positions.torn', `${name}: ${error.message}; what was settled then may be sent again`, {
      code: error.code,
      path: directory.file(name),
    });
  }
}
