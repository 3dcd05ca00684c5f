/** The values that /metrics shows as OpenTelemetry metrics. The registry stays their only source. */
import type { HrTime } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type * as Sdk from "@opentelemetry/sdk-metrics";
import type { DataPoint, Histogram, MetricData, MetricProducer } from "@opentelemetry/sdk-metrics";
import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from "prom-client";

type Labels = MetricValue<string>["labels"];

export interface MetricBridgeOptions {
  readonly sdk: Pick<typeof Sdk, "AggregationTemporality" | "DataPointType">;
  readonly registry: Registry;
  readonly resource: Resource;
  /** Instrumentation scope. */
  readonly scope: string;
  /** Milliseconds since the epoch at which the counters began, usually with the process. */
  readonly startTime: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Produces the registry's metrics at each collection. Summaries are left out: the SDK cannot represent them. */
export function metricBridge({ sdk, registry, resource, scope, startTime, now }: MetricBridgeOptions): MetricProducer {
  return {
    async collect() {
      const found = (await registry.getMetricsAsJSON()) as MetricObjectWithValues<MetricValueWithName<string>>[];
      const times = { startTime: timeOf(startTime), endTime: timeOf(now()) };
      const metrics = found.flatMap((metric) => metricData(sdk, metric, times) ?? []);
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: scope }, metrics }] }, errors: [] };
    },
  };
}

type Times = Pick<DataPoint<number>, "startTime" | "endTime">;

function metricData(
  { AggregationTemporality, DataPointType }: MetricBridgeOptions["sdk"],
  { name, help, type, values }: MetricObjectWithValues<MetricValueWithName<string>>,
  times: Times,
): MetricData | undefined {
  if (values.length === 0) return undefined;
  const common = {
    descriptor: { name, description: help, unit: "", valueType: 1 },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = (): DataPoint<number>[] =>
    values.map(({ labels, value }) => ({ ...times, attributes: attributesOf(labels), value }));
  switch (String(type)) {
    case "counter":
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() };
    case "gauge":
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() };
    case "histogram":
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(name, values, times) };
    default:
      return undefined;
  }
}

/** One data point of each set of labels, from its cumulative buckets. */
function histograms(
  name: string,
  values: readonly MetricValueWithName<string>[],
  times: Times,
): DataPoint<Histogram>[] {
  const series = new Map<string, { labels: Labels; buckets: [number, number][]; sum: number; count: number }>();
  for (const { labels, value, metricName } of values) {
    const { le, ...own } = labels as Record<string, string | number>;
    const key = JSON.stringify(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)));
    const one = series.get(key) ?? { labels: own, buckets: [], sum: 0, count: 0 };
    series.set(key, one);
    if (metricName === `${name}_sum`) one.sum = value;
    else if (metricName === `${name}_count`) one.count = value;
    else if (le !== undefined && le !== "+Inf") one.buckets.push([Number(le), value]);
  }
  return [...series.values()].map(({ labels, buckets, sum, count }) => {
    buckets.sort(([a], [b]) => a - b);
    const cumulative = [...buckets.map(([, below]) => below), count];
    const counts = cumulative.map((below, index) => below - (cumulative[index - 1] ?? 0));
    const value = { buckets: { boundaries: buckets.map(([bound]) => bound), counts }, sum, count };
    return { ...times, attributes: attributesOf(labels), value };
  });
}

function attributesOf(labels: Labels): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels as Record<string, string | number | undefined>).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

function timeOf(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}
