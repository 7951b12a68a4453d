import { LcError, systemCode } from '../../pkg/errors/errors.ts';
import { MASK, maskCredentials } from '../../pkg/errors/mask.ts';
import type { Fields } from './logger.ts';

/** A value that is safe to write: plain data, bounded, without secrets. */
export type Clean = null | boolean | number | string | readonly Clean[] | { readonly [name: string]: Clean };

const MAX_TEXT = 4096;
const MAX_ITEMS = 50;
const MAX_DEPTH = 6;
const SECRET_WORDS = new Set(
  'password passwd passphrase token secret credential key authorization bearer cookie'.split(' '),
);

/** Plain, bounded data from whatever a caller hands in: errors unrolled, secrets masked, circles cut by depth. */
export function cleanFields(fields: Fields): Record<string, Clean> {
  return cleanObject(fields, 0);
}

function clean(value: unknown, depth: number): Clean {
  if (value === null || value === undefined || typeof value === 'boolean') return value ?? null;
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return cleanText(String(value));
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (Array.isArray(value) || value instanceof Set) return cleanList([...value], depth);
  if (value instanceof Map) return cleanObject(Object.fromEntries(value), depth);
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean(value.toJSON(), depth + 1);
  return isPlain(value) ? cleanObject(value, depth) : `<${value.constructor.name}>`;
}

/** Sockets, servers and their like are webs of thousands of objects: they are named, not unrolled. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function cleanList(values: readonly unknown[], depth: number): Clean[] {
  const list = values.slice(0, MAX_ITEMS).map(value => clean(value, depth + 1));
  if (values.length > MAX_ITEMS) list.push(`… ${values.length - MAX_ITEMS} more`);
  return list;
}

function cleanObject(object: object, depth: number): Record<string, Clean> {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  const kept = entries.slice(0, MAX_ITEMS).map(([name, value]): [string, Clean] => {
    return [cleanText(name), isSecretName(name) ? MASK : clean(value, depth + 1)];
  });
  if (entries.length > MAX_ITEMS) kept.push(['…', `${entries.length - MAX_ITEMS} more`]);
  return Object.fromEntries(kept);
}

/** Code, message, advice and the chain of causes. The stack only where the error is a bug and nothing else tells. */
function cleanError(error: Error, depth: number): Clean {
  const code = error instanceof LcError ? error.code : systemCode(error);
  const isBug = code === '' || code === 'LC_INVARIANT';
  return cleanObject(
    {
      code: code === '' ? error.name : code,
      message: error.message,
      advice: error instanceof LcError ? error.advice : undefined,
      cause: error.cause,
      errors: error instanceof AggregateError ? error.errors : undefined,
      stack: isBug
        ? error.stack
            ?.split('\n')
            .slice(1, 9)
            .map(line => line.trim())
        : undefined,
    },
    depth,
  );
}

/** Cuts long texts and masks what looks like credentials in addresses and headers. */
export function cleanText(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… ${text.length - MAX_TEXT} more` : text;
  return maskCredentials(short);
}

/** Whether one of the words of a name says that its value is secret: `apiKey`, `sasl_password`, `X-Auth-Token`. */
function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some(word => SECRET_WORDS.has(word) || SECRET_WORDS.has(word.replace(/s$/, '')));
}
