#!/usr/bin/env node
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { launch } from './launch.ts';

const script = fileURLToPath(import.meta.url);
launch(resolve(dirname(script), '../..'), script);

// Buffers outside the heap come and go by the megabyte here. Counted in one limit with the heap they cause one full
// collection in a gigabyte of logs; on V8's separate default limit 41 (13 % of the agent's CPU time).
setFlagsFromString('--external-memory-accounted-in-global-limit');

// Loaded only after the launch, which may throw away what was loaded before it.
const { runProgram } = await import('./program.ts');
await runProgram(process.argv);
