import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerCommand, said } from './docker-cli.ts';
import type { DockerEngine } from './docker-engine.ts';

const ROOT = join(import.meta.dirname, '../..');
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** The public images that examples and the Dockerfile name; here a Debian stands in for them. */
const STAND_INS = ['gcr.io/distroless/cc-debian12', 'busybox:1.36'];

/** `FROM` a Debian: what the base image of the build has, with this machine's npm and its certificates. */
const BUILD_IMAGE = (debian: string): string => `FROM ${debian}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY certificates ${CERTIFICATES}
ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
`;

/**
 * Builds the image `log-capturer` by the project's Dockerfile, of what is tracked here. Images that would come from a
 * registry are made of `debian`; packages come from the npm registry.
 */
export async function buildAgentImage(engine: DockerEngine, debian: string, dir: string): Promise<void> {
  for (const name of STAND_INS) await said(dockerCommand(engine, ['tag', debian, name]));
  await buildBaseImage(engine, debian, join(dir, 'base'));
  const context = join(dir, 'context');
  mkdirSync(context);
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT });
  const tar = execFileSync('tar', ['--null', '-T', '-', '-c'], {
    ...{ cwd: ROOT, input: tracked, maxBuffer: 256 * 1024 ** 2 },
  });
  execFileSync('tar', ['-x', '-C', context], { input: tar });
  const dockerfile = join(context, 'deploy/docker/Dockerfile');
  const args = ['build', '--network', 'host', '--file', dockerfile, '--tag', 'log-capturer', context];
  await said(dockerCommand(engine, args));
}

/** Makes the image of Prometheus that the example names, of Debian's binary. */
export async function buildPrometheusImage(engine: DockerEngine, debian: string, dir: string): Promise<void> {
  const context = join(dir, 'prometheus');
  mkdirSync(context);
  copyFileSync('/usr/bin/prometheus', join(context, 'prometheus'));
  const lines = [
    `FROM ${debian}`,
    'COPY prometheus /bin/',
    'WORKDIR /prometheus',
    'ENTRYPOINT ["/bin/prometheus"]',
  ];
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
  await said(dockerCommand(engine, ['build', '--tag', 'prom/prometheus:v3.5.0', context]));
}

async function buildBaseImage(engine: DockerEngine, debian: string, dir: string): Promise<void> {
  mkdirSync(dir);
  copyFileSync(process.execPath, join(dir, 'node'));
  const modules = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  cpSync(join(modules, 'npm'), join(dir, 'npm'), { recursive: true });
  if (existsSync(CERTIFICATES)) copyFileSync(CERTIFICATES, join(dir, 'certificates'));
  else writeFileSync(join(dir, 'certificates'), '');
  writeFileSync(join(dir, 'Dockerfile'), BUILD_IMAGE(debian));
  await said(dockerCommand(engine, ['build', '--tag', 'node:24-bookworm-slim', dir]));
}
