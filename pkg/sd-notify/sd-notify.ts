import type { Clock, Timer } from '../clock/clock.ts';

/** Sends one message, lines of `NAME=value`, to the service manager. Rejects when that cannot be done. */
export type SendNotice = (assignments: readonly string[]) => Promise<void>;

export interface SdNotifyOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly pid: number;
  /** A message could not be sent. */
  readonly onFailure: (error: unknown) => void;
  /** Default: the command `systemd-notify`. */
  readonly send?: SendNotice;
}

/** A manager that hangs must not keep messages piling up. */
const SEND_TIMEOUT_MS = 10_000;
/** The manager's clock is in microseconds. */
const USEC_PER_MS = 1000;
const COMMAND = 'systemd-notify';

/**
 * Tells systemd how the process is doing (sd_notify(3)), where it wants to know: without `NOTIFY_SOCKET` nothing
 * happens. Node.js has no datagram sockets of the family AF_UNIX, so each message goes through the command
 * `systemd-notify`: the unit needs `NotifyAccess=all`. Messages are sent one after the other. None of these calls fails.
 */
export class SdNotify {
  readonly #options: SdNotifyOptions;
  readonly #isWanted: boolean;
  readonly #watchdogMs: number | undefined;
  #sent: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(options: SdNotifyOptions) {
    const { env, pid } = options;
    this.#options = options;
    this.#isWanted = env.NOTIFY_SOCKET !== undefined && env.NOTIFY_SOCKET !== '';
    const isOurs = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === `${pid}`;
    const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / USEC_PER_MS;
    this.#watchdogMs = this.#isWanted && isOurs && watchdogMs > 0 ? watchdogMs : undefined;
  }

  /** The start, or a reload, is done. */
  ready(status: string): Promise<void> {
    return this.#send('READY=1', `STATUS=${oneLine(status)}`);
  }

  /** The config is being read again; `ready` follows. */
  reloading(): Promise<void> {
    // Type=notify-reload asks for the time, of CLOCK_MONOTONIC, which `hrtime` is.
    const nowUsec = process.hrtime.bigint() / 1000n;
    return this.#send('RELOADING=1', `MONOTONIC_USEC=${nowUsec}`);
  }

  stopping(status: string): Promise<void> {
    return this.#send('STOPPING=1', `STATUS=${oneLine(status)}`);
  }

  /**
   * From now on pings twice in the time that the watchdog gives (`WATCHDOG_USEC`), as long as `isAlive` says so, with the
   * status of that moment. Without a watchdog no timer is armed.
   */
  watch(isAlive: () => boolean, status: () => string): void {
    if (this.#watchdogMs === undefined) return;
    this.#timer = this.#options.clock.every(this.#watchdogMs / 2, () => {
      const ping = isAlive() ? ['WATCHDOG=1'] : [];
      void this.#send(...ping, `STATUS=${oneLine(status())}`);
    });
  }

  /** Pings no more. Resolves when all messages are sent. */
  async close(): Promise<void> {
    this.#timer?.clear();
    await this.#sent;
  }

  #send(...assignments: string[]): Promise<void> {
    if (!this.#isWanted) return Promise.resolve();
    const { send = sendByCommand, onFailure } = this.#options;
    this.#sent = this.#sent.then(() => send(assignments)).catch(onFailure);
    return this.#sent;
  }
}

async function sendByCommand(assignments: readonly string[]): Promise<void> {
  // Only where it is needed: the module takes memory.
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    execFile(COMMAND, assignments, { timeout: SEND_TIMEOUT_MS }, error => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** A message is lines. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}
