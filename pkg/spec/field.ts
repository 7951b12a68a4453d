import { z } from 'zod';

/** What the documents say of a key, beside what its type says already. */
export interface Facts {
  /** One or two sentences for people; the reference page and the sample show them. */
  readonly doc?: string;
  /** What the type wants, in the words of the error messages: `a size such as 1MiB`. */
  readonly expects?: string;
  /** The value when the key is left out, as it is written in YAML. */
  readonly default?: unknown;
  /** A value for the sample where there is no default. */
  readonly example?: unknown;
  /** Whether the value is never shown. */
  readonly isSecret?: boolean;
}

const facts = z.registry<Facts>();

/** Adds to what is known of a type and returns the type. */
export function withFacts<T extends z.ZodType>(type: T, added: Facts): T {
  facts.add(type, { ...facts.get(type), ...added });
  return type;
}

/** Everything that was declared of a field and of the type inside it. */
export function factsOf(type: z.core.$ZodType): Facts {
  const inner = innerOf(type);
  return { ...(inner === undefined ? {} : factsOf(inner)), ...facts.get(type as z.ZodType) };
}

/** The type inside a default or an optional one. */
export function innerOf(type: z.core.$ZodType): z.core.$ZodType | undefined {
  return type instanceof z.ZodPrefault || type instanceof z.ZodOptional ? type.def.innerType : undefined;
}

/** What every key says of itself. */
interface Declared {
  readonly doc: string;
  readonly example?: unknown;
}

/**
 * Declares one key: its type (made for this key alone), what it is for, and its default as written in YAML.
 * A key without default is required, unless it is `optional`: then leaving it out gives `undefined`.
 */
export function field<T extends z.ZodType>(
  type: T,
  declared: Declared & { readonly default: z.input<T> },
): z.ZodPrefault<T>;
export function field<T extends z.ZodType>(
  type: T,
  declared: Declared & { readonly optional: true },
): z.ZodOptional<T>;
export function field<T extends z.ZodType>(type: T, declared: Declared): T;
export function field<T extends z.ZodType>(
  type: T,
  { optional, ...declared }: Declared & { readonly default?: z.input<T>; readonly optional?: true },
): z.ZodType {
  if (declared.default !== undefined) return withFacts(z.prefault(type, declared.default), declared);
  return withFacts(optional === true ? z.optional(type) : type, declared);
}
