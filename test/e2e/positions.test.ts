import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PositionStore } from '../../internal/positions/store.ts';
import { silentLogger } from '../../internal/selflog/logger.ts';
import { systemClock } from '../../pkg/clock/clock.ts';
import { nodeFs } from '../../pkg/fsx/fs.ts';

const MAIN = join(import.meta.dirname, '../../cmd/log-capturer/main.ts');

interface Answer {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function positions(...args: readonly string[]): Promise<Answer> {
  return new Promise(resolve => {
    execFile(process.execPath, [MAIN, 'positions', ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('log-capturer positions', () => {
  let stateDir: string;
  /** Stands for the agent. */
  let store: PositionStore;
  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'positions-'));
    const dir = join(stateDir, 'positions');
    store = new PositionStore({ dir, fs: nodeFs, clock: systemClock, logger: silentLogger });
    await store.start();
    const track = store.create<{ offset: number }, { path: string }>(
      'file',
      'key-1',
      { path: '/var/log/a.log' },
      { offset: 0 },
    );
    const base = { sec: 1_700_000_000, nanos: 0 };
    (await track.open({ end: { offset: 4096 }, records: 50, base })).expect(0);
    await track.open({ end: { offset: 8192 }, records: 70, base });
    store.create('docker', 'key-2', { name: 'evil\u001b[2J\u202egol' }, 'cursor');
    await store.flush();
  });
  after(async () => {
    await store.close();
    await rm(stateDir, { recursive: true });
  });

  it('lists what is remembered for people, beside a running agent, whatever the names do to terminals', async () => {
    const { code, stdout } = await positions('list', '--state-dir', stateDir);
    assert.equal(code, 0);
    assert.deepEqual(stdout.split('\n'), [
      'KIND    NAME                      POSITION  UNDER WAY  KEY',
      'file    /var/log/a.log            4096      70 lines   key-1',
      'docker  evil\\u{1b}[2J\\u{202e}gol  "cursor"  0 lines    key-2',
      '',
    ]);
  });

  it('lists it for programs, by the config', async () => {
    const config = join(stateDir, 'config.yaml');
    const parts = {
      state_dir: stateDir,
      file_monitor: { sources: [{ name: 'logs', paths: ['/var/log/*.log'] }] },
      sinks: { loki: { url: 'http://127.0.0.1:3100' } },
    };
    await writeFile(config, JSON.stringify(parts));
    const { code, stdout, stderr } = await positions('list', '--json', '--config', config);
    assert.equal(code, 0, stderr);
    const { agentPid, tracks } = JSON.parse(stdout);
    assert.equal(agentPid, process.pid);
    assert.equal(tracks[0].pending[0].end.offset, 8192);
    assert.equal(tracks[1].key, 'key-2');
  });

  it('does not forget under a running agent, nor what is not there, nor without being told where', async () => {
    const locked = await positions('forget', '/var/log/a.log', '--state-dir', stateDir);
    assert.deepEqual([locked.code, /LC_STATE_LOCKED.*process/.test(locked.stderr)], [1, true]);
    const unknown = await positions('forget', '/var/log/a.log', '/nope', '--state-dir', stateDir);
    assert.deepEqual([unknown.code, /"\/nope"/.test(unknown.stderr)], [2, true]);
    const nowhere = await positions('list');
    assert.deepEqual([nowhere.code, /--config/.test(nowhere.stderr)], [2, true]);
    const wrong = await positions('list', '--state-dir', join(stateDir, 'nothing'));
    assert.deepEqual([wrong.code, /LC_STATE_UNREADABLE/.test(wrong.stderr)], [1, true]);
  });

  it('forgets when the agent is down', async () => {
    await store.close();
    const { code, stdout } = await positions('forget', '/var/log/a.log', '--state-dir', stateDir);
    assert.deepEqual([code, stdout], [0, 'forgot file /var/log/a.log\n']);
    const { tracks } = JSON.parse((await positions('list', '--json', '--state-dir', stateDir)).stdout);
    assert.deepEqual(
      tracks.map(({ key }: { key: string }) => key),
      ['key-2'],
    );
  });
});
