import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exportedName, METRICS } from '../../internal/metrics/table.ts';
import { renderDashboard } from './dashboard.ts';

interface Placed {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const { panels } = renderDashboard() as { panels: readonly Placed[] };

describe('dashboard', () => {
  it('dashboard.json is what `npm run docs` makes', () => {
    const written = readFileSync(join(import.meta.dirname, 'dashboard.json'), 'utf8');
    assert.deepEqual(JSON.parse(written), renderDashboard());
  });

  it('shows every metric of the table in a panel of its own', () => {
    const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');
    const missing = [...METRICS.keys()].filter(name => !shown.includes(`${exportedName(name)}{`));
    assert.deepEqual(
      missing.filter(name => METRICS.get(name)?.type !== 'histogram'),
      [],
    );
    assert.deepEqual(
      missing.filter(name => !shown.includes(`${exportedName(name)}_bucket{`)),
      [],
    );
  });

  it('has a row on the retry queue with its size, drops and utilization', () => {
    const start = panels.findIndex(({ type, title }) => type === 'row' && title === 'Retry queue');
    const end = panels.findIndex(({ type }, index) => type === 'row' && index > start);
    const titles = panels.slice(start + 1, end).map(({ title }) => title);
    for (const word of ['size', 'drops', 'utilization'])
      assert.ok(
        titles.some(title => title.includes(word)),
        `${word} in ${titles}`,
      );
  });

  it('lays no panel over another, and none outside', () => {
    for (const { id, gridPos: a } of panels) {
      assert.ok(a.x + a.w <= 24);
      const over = panels.find(
        ({ id: other, gridPos: b }) =>
          other !== id && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h,
      );
      assert.equal(over, undefined);
    }
  });
});
