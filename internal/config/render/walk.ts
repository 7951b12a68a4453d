import { z } from 'zod';
import { type Block, isBlock } from '../../../pkg/spec/block.ts';
import { factsOf, innerOf } from '../../../pkg/spec/field.ts';

/** One key of a block, as the documents show it. */
export interface Entry {
  readonly key: string;
  readonly doc: string;
  /** What its value must be, in words; empty for blocks. */
  readonly expects: string;
  /** As written in YAML; `undefined` where leaving the key out means something of its own. */
  readonly default: unknown;
  readonly example: unknown;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** The block that the value is, or that each entry of its list is. */
  readonly block: Block | undefined;
  readonly isList: boolean;
}

/** The keys of a block in the order of their declaration. */
export function entriesOf(block: Block): readonly Entry[] {
  return Object.entries(block.shape).map(([key, type]) => {
    const { doc = '', expects = '', isSecret = false, example, ...facts } = factsOf(type);
    const value = valueType(type);
    const isList = value instanceof z.ZodArray;
    const inner = isList ? value.element : value;
    return {
      key,
      doc,
      expects,
      default: facts.default,
      example,
      isRequired: innerOf(type) === undefined,
      isSecret,
      block: isBlock(inner) ? inner : undefined,
      isList,
    };
  });
}

function valueType(type: z.core.$ZodType): z.core.$ZodType {
  const inner = innerOf(type);
  return inner === undefined ? type : valueType(inner);
}
