// Loaded into an agent under test (NODE_OPTIONS=--import): as long as its pid is in the file LOG_CAPTURER_HANG, calls
// that make data durable do not return, as on a disk that hangs.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

const trigger = process.env.LOG_CAPTURER_HANG ?? '';
const file = await open(import.meta.filename);
const prototype = Object.getPrototypeOf(file);
await file.close();
for (const name of ['datasync', 'sync', 'write']) {
  const call = prototype[name];
  prototype[name] = function hang(...args) {
    return isMeant() ? new Promise(() => undefined) : call.apply(this, args);
  };
}

function isMeant() {
  try {
    return readFileSync(trigger, 'utf8') === `${process.pid}`;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
