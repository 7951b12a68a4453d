import { systemClock } from '../../pkg/clock/clock.ts';
import {
  DEFAULT_LIMITS,
  type Limits,
  NO_LIMITS,
  RATE_LIMITS,
  type ReceiverOptions,
} from '../receiver/options.ts';
import { Receiver } from '../receiver/receiver.ts';
import { SelfLog } from '../selflog/self-log.ts';

/** The sets of limits that a person can choose from. */
const LIMITS: Readonly<Record<'default' | 'rates' | 'none', Limits>> = {
  default: DEFAULT_LIMITS,
  rates: RATE_LIMITS,
  none: NO_LIMITS,
};

/** How the `receive` command sets the receiver up. */
export interface ReceiveOptions extends Omit<Partial<ReceiverOptions>, 'limits'> {
  readonly limits: keyof typeof LIMITS;
}

/**
 * Runs the receiver alone until SIGTERM or SIGINT. Its first line on `stdout` says where it listens, for people and
 * for tests that asked for a free port.
 */
export async function runReceiver(options: ReceiveOptions): Promise<void> {
  const selfLog = new SelfLog(
    { level: 'info', format: 'text' },
    { clock: systemClock, output: process.stderr },
  );
  const limits = LIMITS[options.limits];
  const receiver = new Receiver({ ...options, limits }, { clock: systemClock, log: selfLog.root });
  const stopped = Promise.withResolvers<void>();
  process.once('SIGTERM', () => stopped.resolve());
  process.once('SIGINT', () => stopped.resolve());
  await receiver.start();
  process.stdout.write(`listening on ${receiver.url}\n`);
  await stopped.promise;
  await receiver.close();
  selfLog.close();
}
