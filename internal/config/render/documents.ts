import { renderJsonSchema } from './json-schema.ts';
import { renderReference } from './reference.ts';
import { renderSample } from './sample.ts';

/** What is made from the declarations: path from the top of the project → text. */
export function renderDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ['configs/reference.md', renderReference()],
    ['configs/reference.yaml', renderSample()],
    ['configs/schema.json', renderJsonSchema()],
  ]);
}
