/** Loki's own rule for what names a tenant. */
const TENANT = /^[a-zA-Z0-9!_.*'()-]{1,150}$/;

/**
 * What is wrong with a tenant that was filled in from labels. It is never repaired: two tenants that became one would
 * read each other's lines.
 */
export function tenantProblem(tenant: string): string | undefined {
  if (TENANT.test(tenant) && tenant !== '.' && tenant !== '..') return undefined;
  return "is no name of a tenant: 1 to 150 letters, digits and !-_.*'()";
}
