import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Metrics that are declared as fields of a subclass and registered together. */
export abstract class MetricSet {
  constructor(readonly registry: Registry) {}

  protected counter<L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** @param collect sets the values at each scrape. */
  protected gauge<L extends string>(name: string, help: string, labelNames: L[], collect?: () => void): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry], ...(collect !== undefined && { collect }) });
  }

  protected histogram<L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    ...labelNames: L[]
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [this.registry] });
  }
}
