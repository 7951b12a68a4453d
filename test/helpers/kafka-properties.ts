import { readFileSync } from 'node:fs';
import { tlsFile } from './tls-files.ts';

/** The ways in that a test broker can have besides the plain one, which it always has. */
export type Entrance = 'plain' | 'sasl' | 'tls' | 'mtls' | 'sasl_tls';

/** Who may log in at a listener with SASL. */
export const KAFKA_USER = { username: 'shipper', password: 'not so secret' } as const;

/** The mechanisms of a listener with SASL. */
export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

const PROTOCOLS: Readonly<Record<Entrance, string>> = {
  plain: 'PLAINTEXT',
  sasl: 'SASL_PLAINTEXT',
  tls: 'SSL',
  mtls: 'SSL',
  sasl_tls: 'SASL_SSL',
};

export interface NodePorts {
  readonly controller: number;
  /** By entrance. */
  readonly entrances: ReadonlyMap<Entrance, number>;
}

/** The `server.properties` of one node that is broker and controller at once. */
export function serverProperties(
  id: number,
  nodes: readonly NodePorts[],
  dataDir: string,
  settings: Readonly<Record<string, string | number | boolean>>,
): string {
  const { controller, entrances } = nodes[id - 1]!;
  const listeners = [...entrances].map(([entrance, port]) => `${nameOf(entrance)}://127.0.0.1:${port}`);
  const protocols = [...entrances.keys()].map(entrance => `${nameOf(entrance)}:${PROTOCOLS[entrance]}`);
  const replicas = Math.min(3, nodes.length);
  return propertiesText({
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': nodes.map((node, n) => `${n + 1}@127.0.0.1:${node.controller}`).join(','),
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'listener.security.protocol.map': [...protocols, 'CONTROLLER:PLAINTEXT'].join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': nameOf('plain'),
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': Math.min(2, nodes.length),
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'share.coordinator.state.topic.replication.factor': replicas,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'controller.quorum.election.timeout.ms': 500,
    'controller.quorum.fetch.timeout.ms': 1000,
    ...Object.assign({}, ...[...entrances.keys()].map(securityOf)),
    ...settings,
  });
}

function nameOf(entrance: Entrance): string {
  return entrance.toUpperCase();
}

function securityOf(entrance: Entrance): Record<string, string> {
  const prefix = `listener.name.${entrance}`;
  const { username, password } = KAFKA_USER;
  const login = (module: string, users = ''): string =>
    `org.apache.kafka.common.security.${module}LoginModule required${users};`;
  const sasl = {
    [`${prefix}.sasl.enabled.mechanisms`]: MECHANISMS.join(','),
    [`${prefix}.plain.sasl.jaas.config`]: login('plain.Plain', ` user_${username}="${password}"`),
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: login('scram.Scram'),
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: login('scram.Scram'),
  };
  const tls = {
    [`${prefix}.ssl.keystore.type`]: 'PEM',
    [`${prefix}.ssl.keystore.certificate.chain`]: readFileSync(tlsFile('server.pem'), 'utf8'),
    [`${prefix}.ssl.keystore.key`]: readFileSync(tlsFile('server.key'), 'utf8'),
    [`${prefix}.ssl.truststore.type`]: 'PEM',
    [`${prefix}.ssl.truststore.certificates`]: readFileSync(tlsFile('authority.pem'), 'utf8'),
    [`${prefix}.ssl.client.auth`]: entrance === 'mtls' ? 'required' : 'none',
  };
  return {
    ...(entrance.startsWith('sasl') ? sasl : {}),
    ...(entrance.endsWith('tls') ? tls : {}),
  };
}

/** As Java reads it: a backslash and a newline are written as two characters each. */
export function propertiesText(properties: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');
}
