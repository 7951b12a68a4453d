import { putVarint, varintBytes } from '../varint.ts';
import type { Label } from './push-labels.ts';

/* Entry { repeated LabelPair structuredMetadata = 3 }, LabelPair { string name = 1; string value = 2 } */
const METADATA_TAG = 0x1a;
const NAME_TAG = 0x0a;
const VALUE_TAG = 0x12;

/** The fields that give an entry these labels as structured metadata. */
export function metadataFields(metadata: readonly Label[]): Buffer {
  return Buffer.concat(
    metadata.map(([name, value]) =>
      field(
        METADATA_TAG,
        Buffer.concat([field(NAME_TAG, Buffer.from(name)), field(VALUE_TAG, Buffer.from(value))]),
      ),
    ),
  );
}

function field(tag: number, content: Buffer): Buffer {
  const head = Buffer.alloc(1 + varintBytes(content.length));
  head[0] = tag;
  putVarint(head, 1, content.length);
  return Buffer.concat([head, content]);
}
