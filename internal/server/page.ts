import { readFileSync } from 'node:fs';
import type { Reply } from './reply.ts';

/** The page asks this server and nobody else, and is shown in no other page. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The status page: one file, which needs nothing else. Read when it is asked for, which is seldom. */
export function statusPage(): Reply {
  return {
    status: 200,
    body: readFileSync(new URL('./page.html', import.meta.url), 'utf8'),
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY },
  };
}
