/** What the server measures. */
import type { Registry } from "prom-client";
import { MetricSet } from "../runtime/metrics/metric-set.js";

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class ServerMetrics extends MetricSet {
  readonly requestsTotal = this.counter(
    "orchestrator_server_requests_total",
    "Total number of requests by route, method and status",
    "route",
    "method",
    "code",
  );
  readonly requestSeconds = this.histogram(
    "orchestrator_server_request_duration_seconds",
    "Time until the response of a request was sent; for a stream, until it began",
    buckets,
    "route",
    "method",
  );
  readonly streamsOpen = this.gauge("orchestrator_server_streams_open", "Current number of open streams", []);

  constructor(registry: Registry) {
    super(registry);
    this.streamsOpen.set(0);
  }
}
