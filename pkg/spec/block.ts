import { z } from 'zod';
import { factsOf, field, innerOf } from './field.ts';
import { asText } from './filled.ts';
import { expectedKeys } from './wrong.ts';

/** The keys of a block, as they are written in YAML. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** `batch_timeout` → `batchTimeout`. */
type Camel<K extends string> = K extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : K;

/** `Ms` for durations, nothing for the rest: sizes say `bytes` in their own names. */
type UnitOf<T> = T extends { readonly unit: infer U extends string }
  ? U
  : T extends z.ZodPrefault<infer I> | z.ZodOptional<infer I>
    ? UnitOf<I>
    : '';

/** What a block gives: its keys in camel case, durations with their unit; optional ones are `undefined`. */
export type Output<S extends Shape> = {
  readonly [K in keyof S & string as `${Camel<K>}${UnitOf<S[K]>}`]: z.output<S[K]>;
};

/** The parsed values under the names they have in YAML. */
type Values<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> };

/** What must hold between keys of one block. It is looked at when all the keys it needs are valid themselves. */
export interface Rule<S extends Shape> {
  readonly needs: readonly (keyof S & string)[];
  /** The key that the error is shown at. */
  readonly at: keyof S & string;
  /** What is wrong and what is expected, or `undefined` when all is well. */
  check(values: Values<S>): string | undefined;
}

/** A mapping with known keys: the parser, and the declarations that documents are made from. */
export type Block<S extends Shape = Shape, O = Output<S>> = z.ZodType<
  O,
  Readonly<Record<string, unknown>>
> & {
  readonly shape: S;
  readonly rules: readonly Rule<S>[];
};

/** Declares a mapping. Unknown keys are errors; every rule that can be looked at is, whatever else is wrong. */
export function block<const S extends Shape>(shape: S, rules: readonly Rule<S>[] = []): Block<S> {
  return assemble(shape, rules, values => collect(shape, values));
}

/** Two blocks written as one mapping; what each of them gives stays apart. */
export function joined<A extends Shape, B extends Shape, N extends string, M extends string>(
  first: readonly [N, Block<A>],
  second: readonly [M, Block<B>],
): Block<A & B, Joined<N, A, M, B>> {
  const [[name, a], [otherName, b]] = [first, second];
  const shape = { ...a.shape, ...b.shape };
  const rules = [...a.rules, ...b.rules] as unknown as readonly Rule<A & B>[];
  const finish = (values: Values<Shape>): unknown => ({
    [name]: collect(a.shape, values),
    [otherName]: collect(b.shape, values),
  });
  return assemble(shape, rules, finish as (values: Values<A & B>) => Joined<N, A, M, B>);
}

type Joined<N extends string, A extends Shape, M extends string, B extends Shape> = {
  readonly [K in N]: Output<A>;
} & { readonly [K in M]: Output<B> };

/** The same keys, each optional and without default: for what may be overridden elsewhere. */
export function allOptional<S extends Shape>(shape: S): OptionalShape<S> {
  const entries = Object.entries(shape).map(([key, type]) => {
    const inner = (innerOf(type) ?? type) as z.ZodType;
    const { doc = '', default: example } = factsOf(type);
    return [key, field(inner, { doc, example, optional: true })];
  });
  return Object.fromEntries(entries) as OptionalShape<S>;
}

type Inner<T> = T extends z.ZodPrefault<infer I> | z.ZodOptional<infer I> ? I : T;
type OptionalShape<S extends Shape> = {
  readonly [K in keyof S]: z.ZodOptional<Inner<S[K]> extends z.ZodType ? Inner<S[K]> : z.ZodType>;
};

function assemble<S extends Shape, O>(
  shape: S,
  rules: readonly Rule<S>[],
  finish: (values: Values<S>) => O,
): Block<S, O> {
  const object = z.strictObject(shape, { error: expectedKeys(Object.keys(shape)) });
  let checked: z.ZodType = object;
  for (const rule of rules) checked = checked.check(ruleCheck(rule));
  // A key with nothing behind it, as when all below it is commented out, is a block without settings.
  const block = z.preprocess(value => (value === null ? {} : asText(value)), checked);
  const type = block.transform(values => finish(values as Values<S>));
  return Object.assign(type, { shape, rules }) as unknown as Block<S, O>;
}

function ruleCheck<S extends Shape>(rule: Rule<S>): z.core.$ZodCheck<unknown> {
  const check = (values: unknown, context: z.core.$RefinementCtx): void => {
    const message = rule.check(values as Values<S>);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [rule.at], message });
  };
  return z.superRefine(check, {
    when: ({ value, issues }) =>
      typeof value === 'object' &&
      value !== null &&
      !issues.some(({ path }) => (rule.needs as readonly unknown[]).includes(path?.[0])),
  });
}

function collect<S extends Shape>(shape: S, values: Values<Shape>): Output<S> {
  const entries = Object.entries(shape).map(([key, type]) => [outputName(key, type), values[key]]);
  return Object.fromEntries(entries) as Output<S>;
}

/** Whether a type is a mapping with known keys. */
export function isBlock(type: z.core.$ZodType): type is Block {
  return 'shape' in type && 'rules' in type;
}

/** The name of a key in what the block gives: see `Output`. */
function outputName(key: string, type: z.core.$ZodType): string {
  const camel = key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return `${camel}${unitOf(type)}`;
}

function unitOf(type: z.core.$ZodType): string {
  const inner = innerOf(type);
  if (inner !== undefined) return unitOf(inner);
  return 'unit' in type ? String(type.unit) : '';
}
