import { errorText } from '../../../pkg/errors/errors.ts';
import type { Logger } from '../../selflog/logger.ts';
import { Multiline } from '../multiline/multiline.ts';
import { type Container, multilineStart, shortName } from './container.ts';

const MAX_LINES = 500;
const MAX_BYTES = 256 * 1024;
const MAX_PATTERN_LENGTH = 1000;

/** Joins the lines of a container as its label says; a pattern that cannot be used is said and ignored. */
export function multilineOf(container: Container, logger: Logger): Multiline | undefined {
  const start = multilineStart(container);
  if (start === undefined) return undefined;
  try {
    if (start.length > MAX_PATTERN_LENGTH) throw new SyntaxError(`it is longer than ${MAX_PATTERN_LENGTH}`);
    return new Multiline({ start, preset: undefined, maxLines: MAX_LINES, maxBytes: MAX_BYTES });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    logger.warn(
      'docker.multiline',
      'the multiline pattern of a container is of no use: its lines stay as they are',
      {
        container: shortName(container),
        reason: errorText(error),
      },
    );
    return undefined;
  }
}
