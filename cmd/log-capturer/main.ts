#!/usr/bin/env node
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.ts';

const script = fileURLToPath(import.meta.url);
launch(resolve(dirname(script), '../..'), script);

// Loaded only after the launch, which may throw away what was loaded before it.
const { runProgram } = await import('./program.ts');
await runProgram(process.argv);
