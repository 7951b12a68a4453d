/**
 * What is used of kafkajs beyond its public interface, as it is in 2.2.4 (pinned; no longer maintained, so
 * it stays so).
 */
declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';
  import type { Wire } from 'kafkajs/src/protocol/requests/index.js';

  interface InternalLogger {
    namespace(): InternalLogger;
    debug(message: string, extra?: object): void;
    info(message: string, extra?: object): void;
    warn(message: string, extra?: object): void;
    error(message: string, extra?: object): void;
  }

  interface ConnectionOptions {
    readonly host: string;
    readonly port: number;
    readonly clientId: string;
    readonly logger: InternalLogger;
    readonly socketFactory: (options: { readonly onConnect: () => void }) => Socket;
    readonly requestTimeout: number;
    readonly connectionTimeout: number;
    /** false: no timer of 100 ms for as long as the connection lives. */
    readonly enforceRequestTimeout: false;
    readonly sasl: { mechanism: string; username: string; password: string } | null;
  }

  class Connection {
    constructor(options: ConnectionOptions);
    socket: Socket | undefined;
    isConnected(): boolean;
    connect(): Promise<unknown>;
    disconnect(): Promise<unknown>;
    authenticate(): Promise<void>;
    setVersions(versions: Readonly<Record<number, { readonly maxVersion: number }>>): void;
    setSupportAuthenticationProtocol(isSupported: boolean): void;
    send<T>(wire: Wire<T> & { readonly logResponseError?: boolean }): Promise<T>;
    /** Ends every request under way with this error. */
    rejectRequests(error: Error): void;
  }

  export = Connection;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }

  export = RequestQueue;
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  /** A request and how its answer is read. */
  interface Wire<T> {
    readonly request: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      /** What an `Encoder` of kafkajs looks like to those who append it. */
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
      expectResponse?(): boolean;
    };
    readonly response: {
      decode(payload: Buffer): Promise<T>;
      /** Throws for error codes. */
      parse(decoded: T): Promise<T>;
    };
  }

  interface Definition {
    readonly versions: readonly string[];
    protocol(options: { readonly version: number }): (args: object) => Wire<unknown>;
  }

  export const requests: Readonly<
    Record<'ApiVersions' | 'Metadata' | 'InitProducerId' | 'CreateTopics' | 'DescribeConfigs', Definition>
  >;
}
