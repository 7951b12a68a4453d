import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeFs } from '../../pkg/fsx/fs.ts';
import { makeFileSink } from '../helpers/file-sink.ts';
import { arrivedAsJson } from '../helpers/json-lines.ts';
import { WhimFs } from '../helpers/whim-fs.ts';
import { type SinkHarness, sinkContract } from './sink-contract.ts';

for (const sync of ['rotate', 'write'])
  sinkContract(`file sink, sync: ${sync}`, async (): Promise<SinkHarness> => {
    const folder = mkdtempSync(join(tmpdir(), 'log-capturer-file-sink-'));
    const archives = join(folder, 'archives');
    mkdirSync(archives);
    const fs = new WhimFs(nodeFs);
    const path = join(archives, '{job}.log');
    return {
      sink: makeFileSink({ path, sync, format: 'json' }, { fs }),
      behave: behaviour => fs.behave(behaviour),
      wire: count => fs.written(count),
      arrived: stream => {
        const text = readdirSync(archives).map(name => readFileSync(join(archives, name), 'utf8'));
        return arrivedAsJson(text.join(''), stream);
      },
      vanish: async () => {
        rmSync(archives, { recursive: true });
        writeFileSync(join(dirname(archives), 'archives'), 'a file where the folder was');
      },
      unreachable: 'unavailable',
      close: async () => {
        fs.end();
        rmSync(folder, { recursive: true });
      },
    };
  });
