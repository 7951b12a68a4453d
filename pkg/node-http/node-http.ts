/**
 * `node:http` and `node:https` without what an `import` of them costs: the ES module facade of `node:http` reads every
 * export, among them `WebSocket`, which loads the whole of undici (14 MB of RSS on Node 24). `getBuiltinModule`
 * gives the same module untouched; types are imported as always.
 */
import type * as Http from 'node:http';
import type * as Https from 'node:https';

export const http: typeof Http = process.getBuiltinModule('node:http');

/** Loaded at the first call only: TLS is another 4 MB. */
export function https(): typeof Https {
  return process.getBuiltinModule('node:https');
}
