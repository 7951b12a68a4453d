import { errorText } from '../../../pkg/errors/errors.ts';
import { block, type Output } from '../../../pkg/spec/block.ts';
import { field } from '../../../pkg/spec/field.ts';
import { linePattern, name, sourceLabels } from '../../../pkg/spec/formats.ts';
import {
  bytes,
  count,
  duration,
  flag,
  listOf,
  oneOf,
  parsed,
  text,
  uniqueBy,
} from '../../../pkg/spec/types.ts';
import { Wrong } from '../../../pkg/spec/wrong.ts';
import { PathLabels } from './path-labels.ts';

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;

const multilineSpec = block(
  {
    start: field(linePattern(), {
      doc: 'A line that matches begins a record; the lines after it belong to it. A regular expression without references and looking around, so that no line can hold up the agent.',
      optional: true,
      example: '^\\d{4}-',
    }),
    preset: field(oneOf('java', 'python', 'go', 'node', 'ruby', 'php', 'dotnet'), {
      doc: 'Instead of `start`: stack traces of a language become one record each, other lines stay as they are.',
      optional: true,
      example: 'java',
    }),
    max_lines: field(count(1, 100_000), { doc: 'Lines in one record; more begin a new one.', default: 500 }),
    max_bytes: field(bytes(1, GIB), { doc: 'Bytes in one record; more begin a new one.', default: '256KiB' }),
    timeout: field(duration(1), {
      doc: 'How long the last record of a file waits for more lines before it is sent. It is also sent when the file was rotated.',
      default: '1s',
    }),
  },
  [
    {
      needs: ['start', 'preset'],
      at: 'preset',
      check: ({ start, preset }) =>
        start !== undefined && preset !== undefined
          ? 'is set beside start, expected one of the two'
          : undefined,
    },
    {
      needs: ['start', 'preset'],
      at: 'start',
      check: ({ start, preset }) =>
        start === undefined && preset === undefined ? 'missing, expected start or preset' : undefined,
    },
  ],
);

/** The name that WHATWG gives an encoding: `latin1` → `windows-1252`. */
function encodingName(label: string): string | Wrong {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return new Wrong('is not a known encoding');
  }
}

function pathTemplate(template: string): string | Wrong {
  try {
    new PathLabels(template);
    return template;
  } catch (error) {
    return new Wrong(errorText(error));
  }
}

/** One entry of `file_monitor.sources`. */
export const fileSourceSpec = block(
  {
    name: field(name(), { doc: 'Unique; the `source` label of metrics.', example: 'varlogs' }),
    paths: field(listOf(text('a path or glob'), 'paths or globs', 1), {
      doc: 'Files to read. Globs are watched, also for folders that appear later.',
      example: ['/var/log/**/*.log'],
    }),
    exclude: field(listOf(text('a path or glob'), 'paths or globs'), {
      doc: 'Paths and globs that are left out.',
      default: [],
      example: ['**/*.gz'],
    }),
    labels: field(sourceLabels(['filename', 'stream']), {
      doc: 'Labels of every line. `filename` with the path is added, unless it is null here.',
      default: {},
      example: { job: 'varlogs' },
    }),
    labels_from_path: field(parsed('a path with labels in braces', pathTemplate), {
      doc: 'Labels that stand in the path of a file: a name in braces takes everything up to what follows it within a name of the path, `*` takes it for nobody. Files whose path looks otherwise get none of them.',
      optional: true,
      example: '/var/log/pods/{namespace}_{pod}_{uid}/{container}/*.log',
    }),
    start_at: field(oneOf('beginning', 'end'), {
      doc: 'Where to start in files that are there when a source is first seen. Later ones are read from the beginning.',
      default: 'beginning',
    }),
    format: field(oneOf('text', 'docker-json', 'cri'), {
      doc: "How lines are written. docker-json: as under /var/lib/docker/containers; cri: as under /var/log/pods. Of these the container's own lines are taken: pieces of a line are joined, the time is that of the container, and `stream` is added (stdout, stderr) unless it is null in `labels`.",
      default: 'text',
    }),
    encoding: field(parsed('utf-8, utf-16le, utf-16be, latin1 or another WHATWG encoding', encodingName), {
      doc: 'Encoding of the files. What is not valid in it reaches every sink as U+FFFD. A byte order mark is left out.',
      default: 'utf-8',
    }),
    max_line_bytes: field(bytes(1, GIB), {
      doc: 'Longer lines are treated as `long_line` says.',
      default: '256KiB',
    }),
    long_line: field(oneOf('truncate', 'split', 'drop'), {
      doc: 'What happens to longer lines; each is counted.',
      default: 'truncate',
    }),
    multiline: field(multilineSpec, { doc: 'Lines that belong together become one record.', optional: true }),
    priority: field(oneOf('low', 'normal', 'high'), {
      doc: 'While the queue is full, sources of higher priority are read first, and those below leave half of it to them; one in four turns goes to whoever has waited longest.',
      default: 'normal',
    }),
    ignore_older: field(duration(0, 3650 * DAY_MS), {
      doc: 'Files not written for so long are left alone. 0s: none.',
      default: '0s',
    }),
    compressed: field(oneOf('skip', 'read'), {
      doc: 'read: rotated .gz and .zst files are read, each from where its plain file was left.',
      default: 'skip',
    }),
    follow_symlinks: field(flag(), {
      doc: 'Whether links to files and folders are followed.',
      default: true,
    }),
    max_deleted_bytes: field(bytes(0), {
      doc: 'Unread bytes held in files that were deleted. Above that the oldest files are given up; their lines and bytes are counted.',
      default: '1GiB',
    }),
    watch: field(oneOf('auto', 'events', 'poll'), {
      doc: 'How changes are noticed. poll is for network file systems, which send no events.',
      default: 'auto',
    }),
  },
  [
    {
      needs: ['format', 'encoding'],
      at: 'encoding',
      check: ({ format, encoding }) =>
        format !== 'text' && encoding !== 'utf-8'
          ? `is set with format: ${format}, which is always written in UTF-8`
          : undefined,
    },
  ],
);

/** `file_monitor` in the config. */
export const fileMonitorSpec = block({
  sources: field(uniqueBy('name', listOf(fileSourceSpec, 'sources')), {
    doc: 'Groups of files that share labels and settings.',
    default: [],
  }),
});

export type FileSourceConfig = Output<(typeof fileSourceSpec)['shape']>;
export type FileMonitorConfig = Output<(typeof fileMonitorSpec)['shape']>;
export type MultilineConfig = Output<(typeof multilineSpec)['shape']>;
