import { stringify } from 'yaml';

/** A value as it is written behind a key, on one line. */
export function yamlValue(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim();
}
