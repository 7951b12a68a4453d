import type { Traces } from './grouping.ts';

/** Languages whose stack traces are known. */
export type Preset = 'java' | 'python' | 'go' | 'node' | 'ruby' | 'php' | 'dotnet';

const INDENTED = '^[\\t ]+';

/** Also: Kotlin, Scala and whatever else runs on a JVM. */
const java: Traces = {
  begin:
    '(?:Exception|Error|Throwable)(?:[:\\s]|$)|^[\\t ]+(?:at |\\.\\.\\. )|^[\\t ]*(?:Caused by|Suppressed): ',
  rules: {
    begun: [
      [
        '^[\\t ]+(?:at |\\.\\.\\. \\d+ (?:more|common frames omitted)|- (?:locked|waiting|parking) )',
        'begun',
      ],
      ['^[\\t ]*(?:Caused by|Suppressed|Wrapped by|nested exception is): ?', 'begun'],
    ],
  },
};

/** With the exceptions that were raised while another one was handled. */
const python: Traces = {
  begin: 'Traceback \\(most recent call last\\):$|^[\\t ]+File "',
  rules: {
    begun: [[INDENTED, 'code']],
    code: [
      [INDENTED, 'code'],
      ['^[^\\s]', 'raised'],
    ],
    raised: [['^$', 'gap']],
    gap: [
      ['^(?:During handling of the above exception|The above exception was the direct cause)', 'chained'],
    ],
    chained: [
      ['^$', 'chained'],
      ['^Traceback \\(most recent call last\\):$', 'begun'],
    ],
  },
};

/** Panics and fatal errors, with all goroutines that are printed. */
const go: Traces = {
  begin: '(?:^|\\s)(?:panic: |fatal error: |http: panic serving )|^goroutine \\d+ .*\\[|^\\t\\S+\\.go:\\d+',
  rules: {
    begun: [
      ['^$', 'begun'],
      ['^\\[(?:signal|recovered|originating) ?', 'begun'],
      ['^\\s*panic: |^goroutine \\d+ .*\\[|^runtime stack:$|^\\.\\.\\.additional frames elided', 'begun'],
      ['^[\\w./*%()~\\[\\]{}-]+\\(.*\\)$|^created by |^\\t', 'begun'],
      ['^[a-z]\\w{1,6} +0x[0-9a-f]+$', 'begun'],
      ['^exit status \\d+$', 'ended'],
    ],
  },
};

/** Errors of V8, with their causes and what util.inspect prints of their properties. */
const node: Traces = {
  begin: '(?:Error|Exception)(?: \\[\\w+\\])?(?::|$)|^Uncaught |^[\\t ]+at ',
  rules: {
    begun: [
      [`${INDENTED}at .*\\{$`, 'properties'],
      [`${INDENTED}(?:at |\\.\\.\\. \\d+ (?:more|lines matching))`, 'begun'],
      ['^Caused by: ', 'begun'],
    ],
    properties: [
      [INDENTED, 'properties'],
      ['^\\}$', 'ended'],
    ],
  },
};

const ruby: Traces = {
  begin: '(?:Error|Exception|Interrupt|\\(\\w[\\w:]*\\))|^[\\t ]+from |\\.rb:\\d+:in ',
  rules: {
    begun: [[`${INDENTED}\\d+: from |${INDENTED}from .*:\\d+|^[\\t ]*\\S+\\.rb:\\d+:in `, 'begun']],
  },
};

const php: Traces = {
  begin: 'Fatal error|Exception|Error|^#\\d+ |^PHP +\\d+\\. ',
  rules: {
    begun: [
      ['^(?:PHP )?\\[?[Ss]tack ?trace\\]?:?$|^#\\d+ |^PHP +\\d+\\. ', 'frames'],
      [`${INDENTED}thrown in `, 'ended'],
    ],
    frames: [
      ['^#\\d+ |^PHP +\\d+\\. ', 'frames'],
      ['^$', 'gap'],
      [`${INDENTED}thrown in `, 'ended'],
    ],
    gap: [['^Next ', 'begun']],
  },
};

/** C#, F# and Visual Basic. */
const dotnet: Traces = {
  begin: '(?:Exception|Error)(?:[:\\s(]|$)|^[\\t ]+at |^[\\t ]*--->',
  rules: {
    begun: [
      [`${INDENTED}at |^[\\t ]*---> |^[\\t ]*--- End of (?:inner exception )?stack trace`, 'begun'],
      ['^[\\t ]*\\(Inner Exception #\\d+\\) ', 'begun'],
    ],
  },
};

/** Stack traces by language. */
export const PRESETS: Readonly<Record<Preset, Traces>> = { java, python, go, node, ruby, php, dotnet };
