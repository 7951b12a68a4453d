import { z } from 'zod';
import { factsOf } from '../../../pkg/spec/field.ts';
import { topSpec } from '../config.ts';
import { SINK_PARSERS, SINK_TYPES, type SinkType } from '../sinks.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** `port: ${PORT}` is a text to an editor. */
const PLACEHOLDER: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/** JSON Schema (draft 2020-12) of the config as it is written, for editors. */
export function renderJsonSchema(): string {
  const schema = schemaOf(topSpec);
  const own = { ...schema.properties, sinks: sinksSchema(schema.properties?.sinks) };
  const definitions = Object.fromEntries(SINK_TYPES.map(type => [type, sinkSchema(type)]));
  const complete = {
    $schema: schema.$schema,
    title: 'log-capturer',
    ...schema,
    properties: own,
    patternProperties: { '^x-': {} },
    $defs: definitions,
  };
  return `${JSON.stringify(complete, undefined, 2)}\n`;
}

/** A sink is what its `type` says; one that is called as its type needs none. */
function sinksSchema(declared: unknown): JsonSchema {
  const { description } = declared as JsonSchema;
  const typed = SINK_TYPES.map(type => ({ required: ['type'], $ref: `#/$defs/${type}` }));
  const named = SINK_TYPES.map(type => [type, { anyOf: [{ $ref: `#/$defs/${type}` }, ...typed] }]);
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    minProperties: 1,
    properties: Object.fromEntries(named),
    additionalProperties: { anyOf: typed },
  };
}

function sinkSchema(type: SinkType): JsonSchema {
  const { $schema: _, ...schema } = schemaOf(SINK_PARSERS[type]);
  return { ...schema, properties: { ...schema.properties, type: { const: type } } };
}

function schemaOf(type: z.ZodType): JsonSchema {
  return z.toJSONSchema(type, { io: 'input', unrepresentable: 'any', override: describe });
}

/** Adds what the declarations know, and placeholders wherever the value is no text anyway. */
function describe({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  const { type } = zodSchema._zod.def;
  if (type === 'number' || type === 'boolean' || type === 'enum') {
    const written = { ...jsonSchema };
    for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
    jsonSchema.anyOf = [written, PLACEHOLDER];
  }
  const { doc } = factsOf(zodSchema);
  if (doc !== undefined) jsonSchema.description = doc;
}
