import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import Connection from 'kafkajs/src/network/connection.js';
import type { Clock } from '../../../pkg/clock/clock.ts';
import { errorText, LcError } from '../../../pkg/errors/errors.ts';
import type { Logger } from '../../selflog/logger.ts';
import { FileSet } from '../file-set.ts';
import { shortened } from '../words.ts';
import type { Address, Asked } from './answers.ts';
import { BrokerConnection } from './broker-connection.ts';
import { quietKafkajs } from './quiet-kafkajs.ts';
import type { KafkaSinkConfig } from './spec.ts';

/*
 * This file, `broker-connection.ts` and `quiet-kafkajs.ts` alone know kafkajs from the inside. What is not its public interface, and why it is used:
 *
 * - `network/connection`: sockets, framing, SASL, and requests in flight by correlation id. The public producer takes an
 *   object for each record and answers for all of a topic at once.
 * - `protocol/requests`: how metadata, producer ids, topics and their settings are asked for; without `parse`, which
 *   throws for all topics when one is missing.
 * - `network/requestQueue`: see `quiet-kafkajs.ts`.
 * - `rejectRequests` and `socket`: to end a connection that hangs; `disconnect` would wait for its answers.
 */

const CLIENT_ID = 'log-capturer';
const KEEP_ALIVE_MS = 60_000;
export interface TransportDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when a certificate that changed cannot be used. */
  readonly onFileFailure: (error: unknown) => void;
}

/** Makes connections to brokers: logged in, over TLS where the config says so, with certificates as they are now. */
export class Transport {
  readonly #config: Pick<KafkaSinkConfig, 'sasl' | 'tls' | 'timeoutMs'>;
  readonly #deps: TransportDeps;
  readonly #certificates: FileSet;
  #secrets: ConnectionOptions = {};

  constructor(config: Pick<KafkaSinkConfig, 'sasl' | 'tls' | 'timeoutMs'>, deps: TransportDeps) {
    this.#config = config;
    this.#deps = deps;
    const pems = [config.tls?.ca, config.tls?.cert, config.tls?.key];
    this.#certificates = new FileSet(
      pems.filter(path => path !== undefined),
      deps.clock,
      contents => this.#useCertificates(pems, contents),
      deps.onFileFailure,
    );
  }

  /** Reads the certificates; throws `LC_SINK_START` when that cannot be done. */
  async start(): Promise<void> {
    quietKafkajs();
    await this.#certificates.load().catch((cause: unknown) => {
      throw new LcError('LC_SINK_START', {
        message: `a file of tls cannot be used: ${errorText(cause)}`,
        advice: 'Check tls of the sink: paths, permissions, and that cert belongs to key.',
        cause,
      });
    });
  }

  /** Connects to a broker and logs in. Never rejects; ends within the timeout for each of its steps. */
  async connect(address: Address): Promise<Asked<BrokerConnection>> {
    await this.#certificates.look();
    const { sasl, timeoutMs } = this.#config;
    const { clock, logger } = this.#deps;
    const connection = new Connection({
      ...{ ...address, clientId: CLIENT_ID, requestTimeout: timeoutMs, connectionTimeout: timeoutMs },
      ...{ enforceRequestTimeout: false, logger: quietLogger(logger) },
      socketFactory: ({ onConnect }) => this.#socket(address, onConnect),
      sasl: sasl === undefined ? null : { ...sasl, password: sasl.password.reveal() },
    });
    const broker = new BrokerConnection(connection, address, { clock, timeoutMs });
    const failure = await broker.open(this.#config.tls !== undefined);
    return failure === undefined ? { answer: broker } : { failure };
  }

  #socket(address: Address, onConnect: () => void): Socket {
    const { tls } = this.#config;
    const socket =
      tls === undefined
        ? connectTcp(address, onConnect)
        : connectTls(
            {
              ...address,
              ...this.#secrets,
              ...serverName(tls.serverName ?? address.host),
              rejectUnauthorized: !tls.insecureSkipVerify,
            },
            onConnect,
          );
    return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  }

  #useCertificates(pems: readonly (string | undefined)[], contents: readonly Buffer[]): void {
    const left = [...contents];
    const [ca, cert, key] = pems.map(path => (path === undefined ? undefined : left.shift()));
    const { createSecureContext } = process.getBuiltinModule('node:tls');
    this.#secrets = { secureContext: createSecureContext({ ca, cert, key }) };
  }
}

function serverName(name: string): ConnectionOptions {
  return isIP(name) === 0 ? { servername: name } : {};
}

type InternalLogger = ConstructorParameters<typeof Connection>[0]['logger'];

/** kafkajs's words, for `log: {level: debug}`: what they tell of failures is told by outcomes. */
function quietLogger(logger: Logger): InternalLogger {
  const debug = (message: string): void => logger.debug('kafka.client', shortened(message));
  const quiet: InternalLogger = {
    namespace: () => quiet,
    debug: () => undefined,
    ...{ info: debug, warn: debug, error: debug },
  };
  return quiet;
}
