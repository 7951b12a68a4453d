import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { labelMap, name, sourceLabels } from '../../../pkg/spec/formats.ts';
import { tlsSpec } from '../../../pkg/spec/tls.ts';
import { flag, listOf, oneOf, parsed, text, uniqueBy } from '../../../pkg/spec/types.ts';
import { Wrong } from '../../../pkg/spec/wrong.ts';

/** Labels that every container's lines get by themselves. */
const AUTOMATIC_LABELS = [
  'container_name',
  'container_id',
  'image',
  'stream',
  'compose_project',
  'compose_service',
] as const;

const HOST = /^(unix:\/\/\/.+|tcp:\/\/[^/\s@]+:\d{1,5})$/;

const filterSpec = (what: string) =>
  block({
    names: field(listOf(text('a name or glob'), 'names or globs'), {
      doc: `Container names ${what}; globs are possible.`,
      default: [],
      example: ['web-*'],
    }),
    images: field(listOf(text('an image or glob'), 'images or globs'), {
      doc: `Images ${what}; globs are possible.`,
      default: [],
    }),
    labels: field(labelMap('any'), { doc: `Container labels ${what}.`, default: {} }),
  });

/** One entry of `docker_monitor.engines`. */
export const dockerEngineSpec = block(
  {
    name: field(name(), { doc: 'Unique; the `source` label of metrics.', example: 'local' }),
    host: field(
      parsed('unix:///path or tcp://host:port', value =>
        HOST.test(value) ? value : new Wrong('is not an address'),
      ),
      { doc: 'Where the engine listens.', default: 'unix:///var/run/docker.sock' },
    ),
    tls: field(tlsSpec, { doc: 'TLS, for tcp:// only.', optional: true }),
    include: field(filterSpec('to read'), {
      doc: 'Containers to read: those that match any entry; all when nothing is listed.',
      default: {},
    }),
    exclude: field(filterSpec('to leave out'), {
      doc: 'Containers to leave out, also where they are included.',
      default: {},
    }),
    read: field(oneOf('auto', 'api', 'files'), {
      doc: 'files: json-file logs are read where they lie, at a small part of the cost. auto: files where possible, else the API.',
      default: 'auto',
    }),
    root: field(text('a path'), {
      doc: "Where the engine's host is mounted, for an agent in a container: /host.",
      default: '/',
    }),
    opt_in: field(flag(), {
      doc: 'true: only containers labelled `log_capturer.enable=true`.',
      default: false,
    }),
    labels: field(sourceLabels(AUTOMATIC_LABELS), {
      doc: `Labels of every line. ${AUTOMATIC_LABELS.join(', ')} are added, except those that are null here.`,
      default: {},
      example: { job: 'docker' },
    }),
    start_at: field(oneOf('beginning', 'end'), {
      doc: 'Where to start in containers that run when the engine is first seen.',
      default: 'beginning',
    }),
  },
  [
    {
      needs: ['host', 'tls'],
      at: 'tls',
      check: ({ host, tls }) =>
        tls !== undefined && host.startsWith('unix:')
          ? 'is set for a unix socket, expected host: tcp://…'
          : undefined,
    },
  ],
);

/** `docker_monitor` in the config. */
export const dockerMonitorSpec = block({
  engines: field(uniqueBy('name', listOf(dockerEngineSpec, 'engines')), {
    doc: 'Docker engines whose containers are read.',
    default: [],
  }),
});

export type DockerEngineConfig = Output<(typeof dockerEngineSpec)['shape']>;
export type DockerMonitorConfig = Output<(typeof dockerMonitorSpec)['shape']>;
