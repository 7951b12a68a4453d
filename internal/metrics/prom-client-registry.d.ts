/**
 * prom-client's registry alone. Its index also loads the push gateway (node:https, 7 MB of RSS), the
 * OpenTelemetry API (6 MB), tdigest (3 MB) and cluster: 19 MB in all, where this file costs none to speak of.
 */
declare module 'prom-client/lib/registry.js' {
  interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    get(): Promise<{
      readonly name: string;
      readonly help: string;
      readonly type: string;
      readonly values: readonly object[];
    }>;
  }

  class Registry {
    readonly contentType: string;
    /** Throws when another family has the same name. */
    registerMetric(family: Family): void;
    /** The text of a scrape. Calls every family's `get` before it awaits anything. */
    metrics(): Promise<string>;
  }

  export = Registry;
}
