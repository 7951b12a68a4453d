/** `npm run docs`: writes what is made from the declarations. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderDocuments } from './documents.ts';

for (const [path, text] of renderDocuments()) {
  writeFileSync(join(import.meta.dirname, '../../..', path), text);
  process.stdout.write(`${path}\n`);
}
