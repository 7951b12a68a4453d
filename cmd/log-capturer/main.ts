#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../internal/app/package-root.ts';
import { EXIT } from './exit-codes.ts';
import { launch, unsupportedNode } from './launch.ts';

const objection = unsupportedNode(process.versions.node);
if (objection !== undefined) {
  process.stderr.write(`log-capturer: ${objection}\n`);
  process.exit(EXIT.failure);
}
launch(packageRoot(), fileURLToPath(import.meta.url));

// Loaded only after the launch, which may throw away what was loaded before it.
const { runProgram } = await import('./program.ts');
await runProgram(process.argv);
