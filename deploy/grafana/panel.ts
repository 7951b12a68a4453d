/** One question to Prometheus. */
export interface Query {
  readonly expr: string;
  /** How a line of the answer is called; labels in double braces are filled in. */
  readonly legend: string;
}

export interface PanelOptions {
  readonly title: string;
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly kind?: 'timeseries' | 'stat';
  /** From this value on it is red. */
  readonly alarmAt?: number | undefined;
}

/** A panel as Grafana reads it, but for its place. */
export interface Panel {
  readonly type: 'timeseries' | 'stat' | 'row';
  readonly title: string;
  readonly [key: string]: unknown;
}

/** How wide (of 24) and high panels are. */
const SIZES = { timeseries: { w: 8, h: 7 }, stat: { w: 4, h: 4 }, row: { w: 24, h: 1 } } as const;
const WIDTH = 24;

/** A heading over the panels that follow. */
export function row(title: string): Panel {
  return { type: 'row', title, collapsed: false, panels: [] };
}

export function panel({
  title,
  description,
  unit,
  queries,
  kind = 'timeseries',
  alarmAt,
}: PanelOptions): Panel {
  const fine = { color: 'green', value: null };
  const steps = alarmAt === undefined ? [fine] : [fine, { color: 'red', value: alarmAt }];
  return {
    type: kind,
    title,
    description,
    datasource: { type: 'prometheus', uid: '${datasource}' },
    fieldConfig: {
      defaults: { unit, ...(kind === 'stat' ? { thresholds: { mode: 'absolute', steps } } : { min: 0 }) },
      overrides: [],
    },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      expr,
      legendFormat: legend,
    })),
  };
}

/** Gives every panel its number and its place: from left to right, a row of its own for each heading. */
export function place(panels: readonly Panel[]): object[] {
  let [x, y, bottom] = [0, 0, 0];
  return panels.map((one, index) => {
    const { w, h } = SIZES[one.type];
    if (x + w > WIDTH) [x, y] = [0, bottom];
    const placed = { id: index + 1, gridPos: { x, y, w, h }, ...one };
    x += w;
    bottom = Math.max(bottom, y + h);
    return placed;
  });
}
