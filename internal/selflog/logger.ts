/** Extra facts of a log line. Values that come from outside (paths, container names) are escaped by JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The agent's own log, to stderr. `key` is a stable name of the occasion (`file.unreadable`): lines with the
 * same key and level are throttled, and the next one that is let through says how many were held back. Never pass secrets
 * or log lines that are being shipped.
 */
export interface Logger {
  debug(key: string, message: string, fields?: Fields): void;
  info(key: string, message: string, fields?: Fields): void;
  warn(key: string, message: string, fields?: Fields): void;
  error(key: string, message: string, fields?: Fields): void;
  /** A logger that adds `fields` to each of its lines and throttles on its own. */
  child(fields: Fields): Logger;
}

/** For tests and for tools that have nothing to say. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
