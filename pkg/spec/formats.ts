import { z } from 'zod';
import { errorText } from '../errors/errors.ts';
import { LinePattern } from '../line-pattern/line-pattern.ts';
import { parseSelector } from '../logql/selector.ts';
import { withFacts } from './field.ts';
import { asText } from './filled.ts';
import { parsed } from './types.ts';
import { expected, Wrong } from './wrong.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;
/** Loki's own rule: it refuses a whole push for one name outside it. */
const LABEL_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9_.-]+):(\d{1,5})$/;

/** A name that becomes a metric label and part of file names. */
export function name(): z.ZodType<string, string> {
  return parsed('a name of 1 to 63 letters, digits, _ . or -', value =>
    NAME.test(value) ? value : new Wrong('is not valid'),
  );
}

/** A regular expression that is matched in linear time; the value is its source. */
export function linePattern(): z.ZodType<string, string> {
  return parsed('a regular expression', value => {
    try {
      new LinePattern(value);
      return value;
    } catch (error) {
      return new Wrong(`does not compile (${errorText(error)})`);
    }
  });
}

/** A LogQL stream selector; the value is its text. */
export function selector(): z.ZodType<string, string> {
  return parsed('a stream selector such as {job="web"}', value => {
    try {
      return parseSelector(value).text;
    } catch (error) {
      // Its message begins with the text itself.
      const reason = errorText(error).slice(`${value}: `.length);
      return new Wrong(`is not a selector (${reason})`);
    }
  });
}

/** `host:port`, with an IPv6 address in brackets. */
export function hostPort(): z.ZodType<string, string> {
  return parsed('host:port', value => {
    const port = Number(HOST_PORT.exec(value)?.[2]);
    return port >= 1 && port <= 65_535 ? value : new Wrong('is not an address');
  });
}

/**
 * An http or https address without credentials or query. `defaultPath` is added where there is no path.
 */
export function httpUrl(defaultPath = '/'): z.ZodType<string, string> {
  return parsed('an address such as http://host:3100', value => {
    const url = URL.parse(value);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
      return new Wrong('is not an http or https address');
    if (url.username !== '' || url.password !== '')
      return new Wrong('has credentials in it (they belong under auth)');
    if (url.search !== '' || url.hash !== '') return new Wrong('has a query or fragment');
    if (url.pathname === '/') url.pathname = defaultPath;
    return url.href;
  });
}

/** Labels that are added to what is sent; with `any`, names as Docker has them too. */
export function labelMap(names: 'labels' | 'any' = 'labels'): LabelType<string> {
  return labelRecord(names === 'any' ? z.string() : labelName(), labelValue());
}

/** Labels of a source; `null` leaves out one of those that the source adds by itself (`automatic`). */
export function sourceLabels(automatic: readonly string[]): LabelType<string | null> {
  const expects = `a text (null only leaves out ${automatic.join(', ')})`;
  const check = (values: unknown, context: z.core.$RefinementCtx): void => {
    for (const [label, value] of Object.entries(values as Record<string, unknown>)) {
      if (value !== null || automatic.includes(label)) continue;
      context.addIssue({ code: 'custom', path: [label], message: `is empty, expected ${expects}` });
    }
  };
  const isObject = ({ value }: { value: unknown }): boolean => typeof value === 'object' && value !== null;
  const labels = labelRecord<string | null>(labelName(), z.nullable(labelValue()));
  return withFacts(labels.check(z.superRefine(check, { when: isObject })), { expects: 'labels' });
}

type LabelType<V> = z.ZodType<Readonly<Record<string, V>>, Readonly<Record<string, V>>>;

function labelName(): z.ZodString {
  return z.string().regex(LABEL_NAME);
}

function labelValue(): z.ZodType<string, string> {
  const error = expected('a text (in quotes if it looks like a number)');
  return z.preprocess(asText, z.string({ error })) as z.ZodType<string, string>;
}

function labelRecord<V>(key: z.ZodString, value: z.ZodType<V, V>): LabelType<V> {
  const wrongName = 'is not a label name, expected letters, digits, _ or :, not starting with a digit';
  const notAMap = expected('a mapping of label names to texts');
  const record = z.record(key, value, {
    error: issue => (issue.code === 'invalid_key' ? wrongName : notAMap(issue)),
  });
  return withFacts(record, { expects: 'labels' });
}
