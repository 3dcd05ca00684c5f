/** Grafana dashboards from short descriptions: rows of panels, laid out from left to right on Grafana's 24 columns. */

/** A query, with the legend of its series: Prometheus labels in `{{ }}`. */
export type Query = readonly [expression: string, legend: string];

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly queries: readonly Query[];
  /** Grafana's name of the unit. Default: a plain number. */
  readonly unit?: string;
  /** `stat`: one large number. Default: a graph. */
  readonly type?: "timeseries" | "stat";
  /** Columns of 24. Default 8. */
  readonly width?: number;
  /** Adds the series up in the graph. */
  readonly stacked?: boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Stays the same over versions: links and imports use it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Values that the reader enters, by name; queries refer to them as `$name`. Default: none. */
  readonly inputs?: readonly string[];
  readonly rows: readonly Row[];
}

/** The quantile of a histogram over Grafana's interval. @param by label that the series keep. Default: none */
export function quantile(of: number, metric: string, by?: string): string {
  const labels = by === undefined ? "le" : `le, ${by}`;
  return `histogram_quantile(${of}, sum by (${labels}) (rate(${metric}_bucket[$__rate_interval])))`;
}

/** Grafana 10's; newer versions migrate it when they load a dashboard. */
const schemaVersion = 39;
const columns = 24;
const heightOf = { timeseries: 8, stat: 4 };
const datasource = { type: "prometheus", uid: "${datasource}" };

function panelModel(panel: Panel, id: number, x: number, y: number): object {
  const { title, description, queries, unit = "short", type = "timeseries", width = 8, stacked = false } = panel;
  const custom = { fillOpacity: stacked ? 40 : 10, ...(stacked && { stacking: { mode: "normal" } }) };
  return {
    ...{ id, type, title, description, datasource },
    gridPos: { x, y, w: width, h: heightOf[type] },
    fieldConfig: { defaults: { unit, ...(type === "timeseries" && { custom }) }, overrides: [] },
    options: type === "stat" ? { reduceOptions: { calcs: ["lastNotNull"] } } : { tooltip: { mode: "multi" } },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      ...{ datasource, expr, legendFormat },
    })),
  };
}

function panelModels(rows: readonly Row[]): object[] {
  const models: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    models.push({ id: models.length + 1, type: "row", title, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { width = 8, type = "timeseries" } = panel;
      if (x + width > columns) {
        y += height;
        x = 0;
        height = 0;
      }
      models.push(panelModel(panel, models.length + 1, x, y));
      x += width;
      height = Math.max(height, heightOf[type]);
    }
    y += height;
  }
  return models;
}

/** The dashboard as Grafana imports it, with a choice of the data source. */
export function dashboardModel({ uid, title, description, inputs = [], rows }: Dashboard): object {
  return {
    ...{ uid, title, description, schemaVersion, editable: true, tags: ["agent-orchestrator"] },
    time: { from: "now-6h", to: "now" },
    refresh: "30s",
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
        ...inputs.map((name) => ({ name, label: name, type: "textbox", query: "" })),
      ],
    },
    panels: panelModels(rows),
  };
}
