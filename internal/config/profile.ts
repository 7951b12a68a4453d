import { asText } from '../../pkg/spec/filled.ts';

export const PROFILE_NAMES = ['low_memory', 'balanced', 'throughput'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

type Defaults = Readonly<Record<string, string | number>>;

/** What each profile sets in `dispatcher`, where the config says nothing itself. */
const PROFILES: Readonly<Record<ProfileName, Defaults>> = {
  low_memory: {
    queue_size: 10_000,
    queue_bytes: '8MiB',
    workers: 2,
    batch_bytes: '256KiB',
    copy_mode: 'optimized',
    retry_queue_bytes: '4MiB',
  },
  balanced: {},
  throughput: {
    queue_size: 200_000,
    queue_bytes: '256MiB',
    workers: 8,
    batch_size: 20_000,
    batch_bytes: '2MiB',
    copy_mode: 'optimized',
    retry_queue_bytes: '128MiB',
  },
};

/** For the reference: what the profiles are. */
export const PROFILE_DOC = `Defaults of dispatcher that single keys override. ${PROFILE_NAMES.map(describe).join(' ')}`;

/** A config as it was written, with what its profile sets filled in; as it is where the profile is none that exists. */
export function withProfile(written: unknown): unknown {
  if (!isMapping(written)) return written;
  const profile = PROFILE_NAMES.find(name => name === asText(written.profile));
  const dispatcher = written.dispatcher ?? mapping({});
  if (profile === undefined || !isMapping(dispatcher)) return written;
  return mapping({ ...written, dispatcher: mapping({ ...PROFILES[profile], ...dispatcher }) });
}

function describe(name: ProfileName): string {
  const values = Object.entries(PROFILES[name]).map(([key, value]) => `${key} ${value}`);
  return `${name}: ${values.length === 0 ? 'the defaults below' : values.join(', ')}.`;
}

/** Mappings from YAML have no prototype. */
function mapping(entries: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.assign(Object.create(null), entries);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}
