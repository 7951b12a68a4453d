import { z } from 'zod';
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from '../units/units.ts';
import { factsOf, withFacts } from './field.ts';
import { asFlag, asNumber, asText } from './filled.ts';
import { Secret } from './secret.ts';
import { expected, expectedOneOf, Wrong } from './wrong.ts';

/** A duration; `unit` ends the name of its key in what a block gives: `timeout` → `timeoutMs`. */
type Duration = z.ZodType<number, string> & { readonly unit: 'Ms' };

/** Any text that is not empty; `expects` says what it is for. */
export function text(expects = 'a text'): z.ZodType<string, string> {
  return declared(expects, z.preprocess(asText, z.string({ error: expected(expects) }).min(1)));
}

/** A text that may be empty. */
export function textOrEmpty(): z.ZodType<string, string> {
  return declared('a text', z.preprocess(asText, z.string({ error: expected('a text') })));
}

/** A text that `parse` understands; it gives the value, or why the text has none. */
export function parsed<T>(expects: string, parse: (text: string) => T | Wrong): z.ZodType<T, string> {
  const type = z.string({ error: expected(expects) }).min(1);
  return declared(
    expects,
    z.preprocess(
      asText,
      type.transform((value, context) => {
        const result = parse(value);
        if (!(result instanceof Wrong)) return result;
        context.addIssue({ code: 'custom', message: `${result.reason}, expected ${expects}` });
        return z.NEVER;
      }),
    ),
  );
}

/** A text that is never shown. */
export function secret(expects = 'a secret'): z.ZodType<Secret, string> {
  const type = parsed(expects, value => new Secret(value));
  return withFacts(type, { isSecret: true });
}

/** A whole number. */
export function count(min: number, max = Number.MAX_SAFE_INTEGER): z.ZodType<number, number> {
  const expects = `a whole number ${range(min, max === Number.MAX_SAFE_INTEGER ? undefined : max)}`;
  return declared(
    expects,
    z.preprocess(
      asNumber,
      z
        .int({ error: expected(expects) })
        .min(min)
        .max(max),
    ),
  );
}

/** true or false. */
export function flag(): z.ZodType<boolean, boolean> {
  return declared('true or false', z.preprocess(asFlag, z.boolean({ error: expected('true or false') })));
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): z.ZodType<W, W> {
  return declared(words.join(' | '), z.preprocess(asText, z.enum(words, { error: expectedOneOf(words) })));
}

/** `auto`, or a number of the given type. */
export function autoOr(
  number: z.ZodType<number, number>,
  expects: string,
): z.ZodType<number | 'auto', number | 'auto'> {
  const error = expected(`auto or ${expects}`);
  return declared(
    `auto or ${expects}`,
    z.union([z.preprocess(asText, z.literal('auto')), number], { error }),
  );
}

/** A size in bytes, from `1MiB` or a plain number. */
export function bytes(minBytes: number, maxBytes?: number): z.ZodType<number, string | number> {
  const bounds = range(formatBytes(minBytes), maxBytes === undefined ? undefined : formatBytes(maxBytes));
  const expects = `a size ${bounds}, such as 1MiB`;
  const error = expected(expects);
  const written = z.union([z.string(), z.int()], { error });
  const size = written.transform(understood(parseBytes, `is not a size, expected ${expects}`));
  const bounded = z
    .number({ error })
    .min(minBytes)
    .max(maxBytes ?? Number.MAX_SAFE_INTEGER);
  return declared(expects, z.preprocess(asText, size.pipe(bounded)));
}

/** A duration, from `250ms`, `5s`, `1m30s`, `7d`. Waits end at 24 days, which is what timers can count. */
export function duration(minMs: number, maxMs = 24 * 86_400_000): Duration {
  const expects = `a duration ${range(formatDurationMs(minMs), formatDurationMs(maxMs))}, such as 5s`;
  const error = expected(expects);
  const written = z.string({ error }).min(1);
  const time = written.transform(understood(parseDurationMs, `is not a duration, expected ${expects}`));
  const bounded = z.number({ error }).min(minMs).max(maxMs);
  const type = declared<number, string>(expects, z.preprocess(asText, time.pipe(bounded)));
  return Object.assign(type, { unit: 'Ms' as const });
}

/** A parser that answers `undefined` as a step of a type that then reports `message`. */
function understood<T>(
  parse: (value: T) => number | undefined,
  message: string,
): (value: T, context: z.core.$RefinementCtx) => number {
  return (value, context) => {
    const result = parse(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
}

/** A list of at least `min` entries. */
export function listOf<O, I>(
  entry: z.ZodType<O, I>,
  expects: string,
  min = 0,
): z.ZodType<readonly O[], readonly I[]> {
  const list = `a ${min === 0 ? 'list' : 'non-empty list'} of ${expects}`;
  const entries = z.array(entry, { error: expected(list) });
  return declared(list, min === 0 ? entries : entries.min(min));
}

/** The list, with an error at the `key` of each entry that repeats an earlier one's. */
export function uniqueBy<O, I>(
  key: string,
  list: z.ZodType<readonly O[], readonly I[]>,
): z.ZodType<readonly O[], readonly I[]> {
  const check = (entries: unknown, context: z.core.$RefinementCtx): void => {
    const seen = new Set<unknown>();
    for (const [index, entry] of (entries as readonly Record<string, unknown>[]).entries()) {
      const value = entry?.[key];
      if (typeof value !== 'string') continue;
      if (seen.has(value))
        context.addIssue({
          code: 'custom',
          path: [index, key],
          message: 'is used before, expected a unique name',
        });
      seen.add(value);
    }
  };
  const unique = z.superRefine(check, { when: ({ value }) => Array.isArray(value) });
  return withFacts(list.check(unique as z.core.$ZodCheck<readonly O[]>), factsOf(list));
}

function range(min: string | number, max: string | number | undefined): string {
  return max === undefined ? `from ${min}` : `from ${min} to ${max}`;
}

function declared<O, I>(expects: string, type: z.ZodType<O, unknown>): z.ZodType<O, I> {
  return withFacts(type, { expects }) as z.ZodType<O, I>;
}
