import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keys of Loki's `limits_config`. */
export type TenantLimits = Readonly<Record<string, unknown>>;

export interface LokiPorts {
  readonly http: number;
  readonly grpc: number;
  readonly gossip: number;
}

/**
 * Writes `loki.yaml`: one process on loopback that keeps all in `dir`, with tenants that have limits of their own.
 * All that is not named here is Loki's default; JSON is YAML.
 */
export function writeLokiConfig(
  dir: string,
  ports: LokiPorts,
  tenants: Readonly<Record<string, TenantLimits>>,
): void {
  const overrides = join(dir, 'overrides.yaml');
  writeFileSync(overrides, JSON.stringify({ overrides: tenants }));
  const filesystem = { chunks_directory: join(dir, 'chunks'), rules_directory: join(dir, 'rules') };
  const period = { from: '2020-10-24', store: 'tsdb', object_store: 'filesystem', schema: 'v13' };
  const loopback = '127.0.0.1';
  const config = {
    auth_enabled: true,
    server: {
      ...{ http_listen_address: loopback, http_listen_port: ports.http },
      ...{ grpc_listen_address: loopback, grpc_listen_port: ports.grpc, log_level: 'error' },
    },
    common: {
      ...{ instance_addr: loopback, path_prefix: dir, replication_factor: 1 },
      storage: { filesystem },
      ring: { kvstore: { store: 'inmemory' }, instance_interface_names: ['lo'] },
    },
    memberlist: { bind_addr: [loopback], bind_port: ports.gossip },
    schema_config: { configs: [{ ...period, index: { prefix: 'index_', period: '24h' } }] },
    runtime_config: { file: overrides },
    // Lines are looked up as soon as they are stored, however old they are.
    query_range: { cache_results: false },
    ingester: { query_store_max_look_back_period: '-1ns' },
    analytics: { reporting_enabled: false },
  };
  writeFileSync(join(dir, 'loki.yaml'), JSON.stringify(config));
}
