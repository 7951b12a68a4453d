import { LcError } from '../errors/errors.ts';
import type { Weight } from './message.ts';

export function closedError(): LcError {
  return new LcError('LC_QUEUE_CLOSED', {
    message: 'the queue is closed',
    advice: 'Stop publishing before the queue is closed.',
  });
}

export function fullError({ records, bytes }: Weight): LcError {
  return new LcError('LC_QUEUE_FULL', {
    message: `no room for ${records} records, ${bytes} bytes`,
    advice: 'Wait for room (whenRoom), or raise the bounds of the queue.',
  });
}

export function configError(message: string, advice: string): LcError {
  return new LcError('LC_QUEUE_CONFIG', { message, advice });
}

/** `state` says what became of the consumer. */
export function consumerUnknownError(name: string, state: string): LcError {
  return new LcError('LC_QUEUE_CONSUMER_UNKNOWN', {
    message: `consumer ${JSON.stringify(name)} ${state}`,
    advice: 'Create it (again) to read.',
  });
}
