/** What is remembered of a place in a source, as JSON: a file's offset and check value, a container's cursor. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
