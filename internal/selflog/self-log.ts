import type { Writable } from 'node:stream';
import { type Logger as Pino, pino } from 'pino';
import type { Clock } from '../../pkg/clock/clock.ts';
import { type Clean, cleanFields, cleanText } from './clean.ts';
import { jsonLine, textLine } from './format.ts';
import type { Fields, Logger } from './logger.ts';
import { BoundedOutput } from './output.ts';
import { RecentLines } from './recent-lines.ts';
import type { LogConfig } from './spec.ts';
import { Throttle } from './throttle.ts';

type Level = LogConfig['level'];
type Write = (level: Level, scope: Scope, key: string, message: string, fields: Fields) => void;

const THROTTLE_PERIOD_MS = 10_000;
const THROTTLE_KEYS = 1000;
/** Names that a line has of its own; a field of that name gets an underscore, so that it cannot stand in for them. */
const RESERVED = new Set(['level', 'time', 'key', 'msg', 'suppressed']);

/** A logger with fields of its own. */
class Scope implements Logger {
  readonly fields: Readonly<Record<string, Clean>>;
  /** Part of the throttle's key. */
  readonly id: string;
  readonly #write: Write;

  constructor(write: Write, fields: Readonly<Record<string, Clean>>) {
    this.#write = write;
    this.fields = fields;
    this.id = JSON.stringify(fields);
  }

  debug(key: string, message: string, fields: Fields = {}): void {
    this.#write('debug', this, key, message, fields);
  }

  info(key: string, message: string, fields: Fields = {}): void {
    this.#write('info', this, key, message, fields);
  }

  warn(key: string, message: string, fields: Fields = {}): void {
    this.#write('warn', this, key, message, fields);
  }

  error(key: string, message: string, fields: Fields = {}): void {
    this.#write('error', this, key, message, fields);
  }

  child(fields: Fields): Logger {
    return new Scope(this.#write, { ...this.fields, ...cleanFields(fields) });
  }
}

/** What the agent's log runs on. */
export interface SelfLogParts {
  readonly clock: Clock;
  /** `process.stderr`, or what a test reads from. */
  readonly output: Writable;
}

/**
 * The agent's own log: one line an occasion, throttled by key, secrets masked, never waiting for its reader.
 * Each line has level, time, key and msg, then the fields; `suppressed` where lines were held back before it.
 */
export class SelfLog {
  /** What rooms get. */
  readonly root: Logger;
  /** The warnings and errors of late. */
  readonly recent = new RecentLines();
  readonly #clock: Clock;
  readonly #output: BoundedOutput;
  readonly #pino: Pino;
  readonly #throttle: Throttle;
  #toLine: (line: string) => string;

  constructor(config: LogConfig, { clock, output }: SelfLogParts) {
    this.#clock = clock;
    this.#output = new BoundedOutput(output);
    this.#throttle = new Throttle(clock, THROTTLE_PERIOD_MS, THROTTLE_KEYS);
    this.root = new Scope((...line) => this.#write(...line), {});
    this.#toLine = config.format === 'text' ? textLine : jsonLine;
    const options = {
      level: config.level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (level: string) => ({ level }) },
    };
    this.#pino = pino(options, { write: line => this.#output.write(this.#toLine(line)) });
  }

  /** What is written, and how, from now on: a reload changes it for all loggers at once. */
  configure({ level, format }: LogConfig): void {
    this.#pino.level = level;
    this.#toLine = format === 'text' ? textLine : jsonLine;
  }

  /** Resolves when every line is written, or after `deadlineMs` when nobody reads; for the way out. Never rejects. */
  flush(deadlineMs: number): Promise<void> {
    return this.#output.flush(this.#clock, deadlineMs);
  }

  /** Lets go of the output. Lines that still come are written, but nobody hears of their failure. */
  close(): void {
    this.#output.close();
  }

  #write(level: Level, scope: Scope, key: string, message: string, fields: Fields): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    // Who asks for debug lines wants all of them.
    const suppressed = level === 'debug' ? 0 : this.#throttle.admit(`${level} ${key} ${scope.id}`);
    if (suppressed === undefined) return;
    this.#confessDropped();
    const line = { key, ...unreserved({ ...scope.fields, ...cleanFields(fields) }) };
    const msg = cleanText(message);
    this.#pino[level](suppressed === 0 ? line : { ...line, suppressed }, msg);
    if (level === 'warn' || level === 'error')
      this.recent.add({ time: new Date(this.#clock.now()).toISOString(), level, msg, ...line });
  }

  /** Once somebody reads again, says how many lines the full output has cost. */
  #confessDropped(): void {
    const lines = this.#output.hasRoom ? this.#output.takeDropped() : 0;
    if (lines > 0)
      this.#pino.warn({ key: 'selflog.dropped', lines }, 'Nobody read stderr: lines were dropped.');
  }
}

function unreserved(fields: Readonly<Record<string, Clean>>): Record<string, Clean> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value]),
  );
}
