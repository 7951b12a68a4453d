import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, systemCode } from '../../../pkg/errors/errors.ts';
import type { Connection } from './connection.ts';
import { type Container, shortName } from './container.ts';
import type { ContainerLines } from './container-lines.ts';
import type { EngineContext } from './context.ts';
import { FileConnection } from './file-connection.ts';
import { LogConnection } from './log-connection.ts';

/** After so many failures in a row the files are given up for the engine, where both may be used. */
const MAX_FILE_FAILURES = 3;

/**
 * Begins to read the log of a container: from its files where that is wanted and possible, else from the engine. A
 * text says why neither may be.
 */
export async function connectTo(
  container: Container,
  lines: ContainerLines,
  failures: number,
  context: EngineContext,
): Promise<Connection | string> {
  const { config, logger } = context;
  const overApi = (): Connection => new LogConnection(context, container, lines);
  if (config.read === 'api' || (config.read === 'auto' && failures >= MAX_FILE_FAILURES)) return overApi();
  const path = join(config.root, container.logPath);
  const obstacle = await obstacleTo(container, path);
  if (obstacle === undefined) return new FileConnection(context, path, lines);
  if (config.read === 'files') return obstacle;
  logger.info(`docker.api.${container.id}`, `the log of a container is read from the engine: ${obstacle}`, {
    container: shortName(container),
  });
  return overApi();
}

/** Why the log of a container cannot be read from its files; `undefined` where it can. */
async function obstacleTo({ logDriver, logPath }: Container, path: string): Promise<string | undefined> {
  if (logDriver !== 'json-file') return `its log driver is ${logDriver}, not json-file`;
  if (logPath === '') return 'the engine does not say where its log is';
  try {
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    if (systemCode(error) === '') throw error;
    return errorText(error);
  }
}
