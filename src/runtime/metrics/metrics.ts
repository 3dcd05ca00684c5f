import type { Gauge, Registry } from "prom-client";
import { MetricSet } from "./metric-set.js";

/** Names of the metrics that controller-runtime does not have. */
export interface RuntimeMetricsOptions {
  /** `<prefix>_events_dropped_total`, for example. Default `controller_runtime`. */
  readonly prefix?: string;
}

const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const webhookBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const listBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

/**
 * The runtime's metrics. Names, labels and buckets are those of controller-runtime and client-go, so that dashboards and
 * alerts made for Go operators work unchanged. Label values come from the program only, never from names of objects.
 */
export class RuntimeMetrics extends MetricSet {
  readonly reconcileTotal = this.counter(
    "controller_runtime_reconcile_total",
    "Total number of reconciliations per controller",
    "controller",
    "result",
  );
  readonly reconcileErrorsTotal = this.counter(
    "controller_runtime_reconcile_errors_total",
    "Total number of reconciliation errors per controller",
    "controller",
  );
  readonly terminalReconcileErrorsTotal = this.counter(
    "controller_runtime_terminal_reconcile_errors_total",
    "Total number of terminal reconciliation errors per controller",
    "controller",
  );
  readonly reconcilePanicsTotal = this.counter(
    "controller_runtime_reconcile_panics_total",
    "Total number of reconciliation panics per controller",
    "controller",
  );
  readonly reconcileTimeoutsTotal = this.counter(
    "controller_runtime_reconcile_timeouts_total",
    "Total number of reconciliation timeouts per controller",
    "controller",
  );
  readonly reconcileTimeSeconds = this.histogram(
    "controller_runtime_reconcile_time_seconds",
    "Length of time per reconciliation per controller",
    reconcileBuckets,
    "controller",
  );
  readonly maxConcurrentReconciles = this.gauge(
    "controller_runtime_max_concurrent_reconciles",
    "Maximum number of concurrent reconciles per controller",
    ["controller"],
  );
  readonly activeWorkers = this.gauge(
    "controller_runtime_active_workers",
    "Number of currently used workers per controller",
    ["controller"],
  );
  readonly queueDepth = this.gauge("workqueue_depth", "Current depth of workqueue", ["name", "controller"]);
  readonly queueAddsTotal = this.counter(
    "workqueue_adds_total",
    "Total number of adds handled by workqueue",
    "name",
    "controller",
  );
  readonly queueDurationSeconds = this.histogram(
    "workqueue_queue_duration_seconds",
    "How long in seconds an item stays in workqueue before being requested",
    queueBuckets,
    "name",
    "controller",
  );
  readonly workDurationSeconds = this.histogram(
    "workqueue_work_duration_seconds",
    "How long in seconds processing an item from workqueue takes",
    queueBuckets,
    "name",
    "controller",
  );
  readonly queueRetriesTotal = this.counter(
    "workqueue_retries_total",
    "Total number of retries handled by workqueue",
    "name",
    "controller",
  );
  readonly unfinishedWorkSeconds = this.#workGauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration",
    (seconds) => seconds.reduce((sum, one) => sum + one, 0),
  );
  readonly longestRunningProcessorSeconds = this.#workGauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running",
    (seconds) => Math.max(0, ...seconds),
  );
  readonly restClientRequestsTotal = this.counter(
    "rest_client_requests_total",
    "Number of HTTP requests, partitioned by status code, method, and host",
    "code",
    "host",
    "method",
  );
  readonly restClientRequestDurationSeconds = this.histogram(
    "rest_client_request_duration_seconds",
    "Request latency in seconds, partitioned by verb and host",
    requestBuckets,
    "host",
    "verb",
  );
  readonly leaderElectionMasterStatus = this.gauge(
    "leader_election_master_status",
    "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master",
    ["name"],
  );
  readonly leaderElectionSlowpathTotal = this.counter(
    "leader_election_slowpath_total",
    "Total number of slow path exercised in renewing leader leases",
    "name",
  );
  readonly webhookRequestsTotal = this.counter(
    "controller_runtime_webhook_requests_total",
    "Total number of admission requests by HTTP status code",
    "webhook",
    "code",
  );
  readonly webhookLatencySeconds = this.histogram(
    "controller_runtime_webhook_latency_seconds",
    "Histogram of the latency of processing admission requests",
    webhookBuckets,
    "webhook",
  );
  readonly webhookRequestsInFlight = this.gauge(
    "controller_runtime_webhook_requests_in_flight",
    "Current number of admission requests being served",
    ["webhook"],
  );
  readonly webhookPanicsTotal = this.counter(
    "controller_runtime_webhook_panics_total",
    "Total number of webhook panics",
  );
  readonly certificateReadTotal = this.counter(
    "certwatcher_read_certificate_total",
    "Total number of certificates read",
  );
  readonly certificateReadErrorsTotal = this.counter(
    "certwatcher_read_certificate_errors_total",
    "Total number of certificate read errors",
  );
  readonly reflectorListsTotal = this.counter(
    "reflector_lists_total",
    "Total number of API lists done by the reflectors",
    "name",
  );
  readonly reflectorListDurationSeconds = this.histogram(
    "reflector_list_duration_seconds",
    "How long an API list takes to return and decode for the reflectors",
    listBuckets,
    "name",
  );
  readonly reflectorWatchesEndedTotal = this.counter(
    "reflector_watches_ended_total",
    "Total number of API watches that ended, by reason",
    "name",
    "reason",
  );
  /** Not in controller-runtime: `<prefix>_webhook_certificate_expiry_timestamp_seconds`, seconds since the epoch. */
  readonly certificateExpirySeconds;
  /** Not in controller-runtime: `<prefix>_webhook_connections`. */
  readonly webhookConnections;
  /** Not in controller-runtime: `<prefix>_webhook_connections_closed_total`, by reason. */
  readonly webhookConnectionsClosedTotal;
  /** Not in controller-runtime: `<prefix>_events_dropped_total`. */
  readonly eventsDroppedTotal;
  readonly #controllers = new Map<string, () => readonly number[]>();

  /** @throws Error if the registry already has metrics of these names. */
  constructor(registry: Registry, { prefix = "controller_runtime" }: RuntimeMetricsOptions = {}) {
    super(registry);
    this.certificateExpirySeconds = this.gauge(
      `${prefix}_webhook_certificate_expiry_timestamp_seconds`,
      "When the certificate that webhooks are served with expires, in seconds since the epoch",
      [],
    );
    this.webhookConnections = this.gauge(`${prefix}_webhook_connections`, "Current number of webhook connections", []);
    this.webhookConnectionsClosedTotal = this.counter(
      `${prefix}_webhook_connections_closed_total`,
      "Total number of webhook connections that were closed to bound them: total, source, silent, certificate",
      "reason",
    );
    this.eventsDroppedTotal = this.counter(
      `${prefix}_events_dropped_total`,
      "Total number of Kubernetes Events that could not be written",
    );
  }

  /**
   * Creates a controller's series, so that a rate over them starts with the first increment.
   * @param unfinished seconds that each of its reconciles in progress has taken so far; called at each scrape.
   */
  addController(controller: string, unfinished: () => readonly number[]): void {
    for (const result of ["success", "requeue", "requeue_after", "error"]) {
      this.reconcileTotal.inc({ controller, result }, 0);
    }
    this.reconcileErrorsTotal.inc({ controller }, 0);
    this.terminalReconcileErrorsTotal.inc({ controller }, 0);
    this.reconcilePanicsTotal.inc({ controller }, 0);
    this.reconcileTimeoutsTotal.inc({ controller }, 0);
    this.activeWorkers.set({ controller }, 0);
    const queue = { name: controller, controller };
    this.queueDepth.set(queue, 0);
    this.queueAddsTotal.inc(queue, 0);
    this.queueRetriesTotal.inc(queue, 0);
    this.#controllers.set(controller, unfinished);
  }

  /** A gauge over the reconciles in progress, measured at each scrape. */
  #workGauge(
    name: string,
    help: string,
    measure: (seconds: readonly number[]) => number,
  ): Gauge<"name" | "controller"> {
    const gauge: Gauge<"name" | "controller"> = this.gauge(name, help, ["name", "controller"], () => {
      for (const [controller, unfinished] of this.#controllers) {
        gauge.set({ name: controller, controller }, measure(unfinished()));
      }
    });
    return gauge;
  }
}
