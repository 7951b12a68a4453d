/** What stands in the place of a secret. */
export const MASK = '***';

/** Masks what looks like credentials, in addresses and headers: for texts that come from elsewhere, of an error, say. */
export function maskCredentials(text: string): string {
  return text
    .replace(/\/\/[^\s/]*@/g, `//${MASK}@`)
    .replace(/\b(bearer|basic)\s+[\w+/=.~-]+/gi, `$1 ${MASK}`);
}
