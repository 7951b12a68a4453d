import type { Fields, Logger } from '../../internal/selflog/logger.ts';

/** Keeps what is logged. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly level: string; readonly key: string; readonly message: string }[] = [];

  debug(key: string, message: string): void {
    this.lines.push({ level: 'debug', key, message });
  }

  info(key: string, message: string): void {
    this.lines.push({ level: 'info', key, message });
  }

  warn(key: string, message: string): void {
    this.lines.push({ level: 'warn', key, message });
  }

  error(key: string, message: string): void {
    this.lines.push({ level: 'error', key, message });
  }

  child(_fields: Fields): Logger {
    return this;
  }

  /** How many lines were logged under `key`. */
  count(key: string): number {
    return this.lines.filter(line => line.key === key).length;
  }
}
