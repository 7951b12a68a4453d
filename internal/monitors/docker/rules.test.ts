import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineConfig, NO_FILTER, testContainer } from '../../../test/helpers/engine-context.ts';
import { type Container, lineLabels } from './container.ts';
import { ownContainerIds } from './own-container.ts';
import { ContainerRules } from './rules.ts';
import type { DockerEngineConfig } from './spec.ts';

function decide(
  config: Partial<DockerEngineConfig>,
  container: Partial<Container>,
  ownIds: string[] = [],
): string {
  const { isRead, rule } = new ContainerRules(engineConfig(config), ownIds).decide(testContainer(container));
  return `${isRead ? 'read' : 'not'}: ${rule}`;
}

describe('ContainerRules', () => {
  it('reads every container where nothing is said', () => {
    assert.equal(decide({}, {}), 'read: every container is included');
  });

  it('includes by name, image and label, and says by which', () => {
    const include = { names: ['web-*'], images: ['nginx', 'registry:5000/*'], labels: { tier: 'front' } };
    assert.equal(decide({ include }, { name: 'web-1' }), 'read: include.names: web-*');
    assert.equal(decide({ include }, { image: 'nginx:1.27' }), 'read: include.images: nginx');
    assert.equal(
      decide({ include }, { image: 'registry:5000/app@sha256:1' }),
      'read: include.images: registry:5000/*',
    );
    assert.equal(decide({ include }, { labels: { tier: 'front' } }), 'read: include.labels: tier=front');
    assert.equal(decide({ include }, { labels: { tier: 'back' } }), 'not: nothing in include matches it');
  });

  it('excludes what is included, too', () => {
    const exclude = { ...NO_FILTER, names: ['web-9'] };
    const include = { ...NO_FILTER, names: ['web-*'] };
    assert.equal(decide({ include, exclude }, { name: 'web-9' }), 'not: exclude.names: web-9');
  });

  it('listens to the label of a container', () => {
    const enabled = { 'log_capturer.enable': 'true' };
    assert.match(decide({}, { labels: { 'log_capturer.enable': 'false' } }), /^not: its label/);
    assert.match(decide({ optIn: true }, {}), /^not: opt_in/);
    assert.match(decide({ optIn: true }, { labels: enabled }), /^read/);
  });

  it('never reads the agent itself (D10)', () => {
    assert.equal(decide({}, { id: 'a'.repeat(64) }, ['a'.repeat(12)]), 'not: it is the agent itself');
    assert.match(decide({}, { labels: { 'log_capturer.self': 'true' } }), /^not: its label/);
  });

  it('takes names that are no names for text', () => {
    assert.match(decide({}, { name: '../../{a}$(reboot)\n' }), /^read/);
    assert.match(decide({ include: { ...NO_FILTER, names: ['!(a'] } }, { name: 'b' }), /^not/);
  });
});

describe('lineLabels', () => {
  it('are those of the config, of the container and of its compose project', () => {
    const labels = {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'log_capturer.label.team': 'payments',
      'log_capturer.label.not a name': 'x',
      'log_capturer.label.long': 'x'.repeat(100_000),
    };
    const { long, ...rest } = lineLabels(
      testContainer({ labels }),
      { job: 'docker', image: null },
      'stderr',
    ).toJSON();
    assert.equal(long?.length, 1024);
    assert.deepEqual(rest, {
      ...{ container_id: 'cccccccccccc', container_name: 'app', stream: 'stderr', team: 'payments' },
      ...{ job: 'docker', compose_project: 'shop', compose_service: 'web' },
    });
  });
});

describe('ownContainerIds', () => {
  const id = '0123456789abcdef'.repeat(4);
  const other = 'f'.repeat(64);
  const files = (cgroup: string, mountinfo: string) => (path: string) =>
    path.endsWith('cgroup') ? cgroup : mountinfo;

  it('finds the id in the cgroup, whatever manages it', () => {
    assert.deepEqual(ownContainerIds(files(`12:cpu:/docker/${id}\n0::/\n`, ''), 'host'), [id]);
    assert.deepEqual(ownContainerIds(files(`0::/system.slice/docker-${id}.scope\n`, ''), 'host'), [id]);
  });

  it('finds it in the mounts, but not those of the containers of a host', () => {
    const mount = `9 8 254:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/vda rw`;
    const overlay = `7 6 0:1 / /var/lib/docker/overlay2/${other}/merged rw - overlay overlay rw`;
    const shm = `5 4 0:2 / /var/lib/docker/containers/${other}/mounts/shm rw - tmpfs shm rw`;
    assert.deepEqual(ownContainerIds(files('0::/\n', [mount, overlay, shm].join('\n')), 'host'), [id]);
  });

  it('takes a host name that looks like an id for one, and no other', () => {
    assert.deepEqual(ownContainerIds(files('', ''), '0123456789ab'), ['0123456789ab']);
    assert.deepEqual(ownContainerIds(files('', ''), 'web-1'), []);
  });
});
