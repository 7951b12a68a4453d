/** Part of `npm run docs`: writes the dashboard. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderDashboard } from './dashboard.ts';

writeFileSync(
  join(import.meta.dirname, 'dashboard.json'),
  `${JSON.stringify(renderDashboard(), undefined, 2)}\n`,
);
process.stdout.write('deploy/grafana/dashboard.json\n');
