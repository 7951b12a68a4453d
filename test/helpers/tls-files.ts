import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The certificates of `test/fixtures/tls`; `make.sh` there says what each of them is. */
export function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

/** What a server of this name shows. */
export function serverTls(name: 'server' | 'expired' = 'server'): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(tlsFile(`${name}.pem`)), key: readFileSync(tlsFile(`${name}.key`)) };
}
