import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/**
 * The runtime's metrics with the names, labels and buckets of controller-runtime and client-go, so that dashboards and
 * alerts made for Go operators work unchanged. Labels hold only names that the program itself gives; never those of objects.
 */
export class RuntimeMetrics {
  readonly reconcileTotal: Counter<"controller" | "result">;
  readonly reconcileErrorsTotal: Counter<"controller">;
  readonly terminalReconcileErrorsTotal: Counter<"controller">;
  readonly reconcilePanicsTotal: Counter<"controller">;
  readonly reconcileTimeoutsTotal: Counter<"controller">;
  readonly reconcileTimeSeconds: Histogram<"controller">;
  readonly maxConcurrentReconciles: Gauge<"controller">;
  readonly activeWorkers: Gauge<"controller">;
  readonly queueDepth: Gauge<"name" | "controller">;
  readonly queueAddsTotal: Counter<"name" | "controller">;
  readonly queueDurationSeconds: Histogram<"name" | "controller">;
  readonly workDurationSeconds: Histogram<"name" | "controller">;
  readonly queueRetriesTotal: Counter<"name" | "controller">;
  readonly unfinishedWorkSeconds: Gauge<"name" | "controller">;
  readonly longestRunningProcessorSeconds: Gauge<"name" | "controller">;
  readonly restClientRequestsTotal: Counter<"code" | "host" | "method">;
  readonly restClientRequestDurationSeconds: Histogram<"host" | "verb">;
  readonly leaderElectionMasterStatus: Gauge<"name">;
  readonly leaderElectionSlowpathTotal: Counter<"name">;
  readonly webhookRequestsTotal: Counter<"webhook" | "code">;
  readonly webhookLatencySeconds: Histogram<"webhook">;
  readonly webhookRequestsInFlight: Gauge<"webhook">;
  readonly webhookPanicsTotal: Counter;
  readonly certificateReadTotal: Counter;
  readonly certificateReadErrorsTotal: Counter;
  /** Not of controller-runtime: seconds since the epoch at which the served leaf expires. */
  readonly certificateExpirySeconds: Gauge;
  readonly reflectorListsTotal: Counter<"name">;
  readonly reflectorListDurationSeconds: Histogram<"name">;
  readonly reflectorWatchesEndedTotal: Counter<"name" | "reason">;
  readonly eventsDroppedTotal: Counter;
  readonly #controllers = new Map<string, () => readonly number[]>();

  constructor(readonly registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name, help, labelNames, registers });
    const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
      new Gauge({ name, help, labelNames, registers });
    const histogram = <L extends string>(
      name: string,
      help: string,
      buckets: number[],
      ...labelNames: L[]
    ): Histogram<L> => new Histogram({ name, help, labelNames, buckets, registers });

    this.reconcileTotal = counter(
      "controller_runtime_reconcile_total",
      "Total number of reconciliations per controller",
      "controller",
      "result",
    );
    this.reconcileErrorsTotal = counter(
      "controller_runtime_reconcile_errors_total",
      "Total number of reconciliation errors per controller",
      "controller",
    );
    this.terminalReconcileErrorsTotal = counter(
      "controller_runtime_terminal_reconcile_errors_total",
      "Total number of terminal reconciliation errors per controller",
      "controller",
    );
    this.reconcilePanicsTotal = counter(
      "controller_runtime_reconcile_panics_total",
      "Total number of reconciliation panics per controller",
      "controller",
    );
    this.reconcileTimeoutsTotal = counter(
      "controller_runtime_reconcile_timeouts_total",
      "Total number of reconciliation timeouts per controller",
      "controller",
    );
    this.reconcileTimeSeconds = histogram(
      "controller_runtime_reconcile_time_seconds",
      "Length of time per reconciliation per controller",
      reconcileBuckets,
      "controller",
    );
    this.maxConcurrentReconciles = gauge(
      "controller_runtime_max_concurrent_reconciles",
      "Maximum number of concurrent reconciles per controller",
      "controller",
    );
    this.activeWorkers = gauge(
      "controller_runtime_active_workers",
      "Number of currently used workers per controller",
      "controller",
    );
    this.queueDepth = gauge("workqueue_depth", "Current depth of workqueue", "name", "controller");
    this.queueAddsTotal = counter(
      "workqueue_adds_total",
      "Total number of adds handled by workqueue",
      "name",
      "controller",
    );
    this.queueDurationSeconds = histogram(
      "workqueue_queue_duration_seconds",
      "How long in seconds an item stays in workqueue before being requested",
      queueBuckets,
      "name",
      "controller",
    );
    this.workDurationSeconds = histogram(
      "workqueue_work_duration_seconds",
      "How long in seconds processing an item from workqueue takes",
      queueBuckets,
      "name",
      "controller",
    );
    this.queueRetriesTotal = counter(
      "workqueue_retries_total",
      "Total number of retries handled by workqueue",
      "name",
      "controller",
    );
    this.unfinishedWorkSeconds = this.#workGauge(
      "workqueue_unfinished_work_seconds",
      "How many seconds of work has been done that is in progress and hasn't been observed by work_duration",
      (seconds) => seconds.reduce((sum, one) => sum + one, 0),
    );
    this.longestRunningProcessorSeconds = this.#workGauge(
      "workqueue_longest_running_processor_seconds",
      "How many seconds has the longest running processor for workqueue been running",
      (seconds) => Math.max(0, ...seconds),
    );
    this.restClientRequestsTotal = counter(
      "rest_client_requests_total",
      "Number of HTTP requests, partitioned by status code, method, and host",
      "code",
      "host",
      "method",
    );
    this.restClientRequestDurationSeconds = histogram(
      "rest_client_request_duration_seconds",
      "Request latency in seconds, partitioned by verb and host",
      [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
      "host",
      "verb",
    );
    this.leaderElectionMasterStatus = gauge(
      "leader_election_master_status",
      "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master",
      "name",
    );
    this.leaderElectionSlowpathTotal = counter(
      "leader_election_slowpath_total",
      "Total number of slow path exercised in renewing leader leases",
      "name",
    );
    this.webhookRequestsTotal = counter(
      "controller_runtime_webhook_requests_total",
      "Total number of admission requests by HTTP status code",
      "webhook",
      "code",
    );
    this.webhookLatencySeconds = histogram(
      "controller_runtime_webhook_latency_seconds",
      "Histogram of the latency of processing admission requests",
      [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      "webhook",
    );
    this.webhookRequestsInFlight = gauge(
      "controller_runtime_webhook_requests_in_flight",
      "Current number of admission requests being served",
      "webhook",
    );
    this.webhookPanicsTotal = counter("controller_runtime_webhook_panics_total", "Total number of webhook panics");
    this.certificateReadTotal = counter("certwatcher_read_certificate_total", "Total number of certificates read");
    this.certificateReadErrorsTotal = counter(
      "certwatcher_read_certificate_errors_total",
      "Total number of certificate read errors",
    );
    this.certificateExpirySeconds = gauge(
      "orchestrator_webhook_certificate_expiry_timestamp_seconds",
      "When the certificate that webhooks are served with expires, in seconds since the epoch",
    );
    this.reflectorListsTotal = counter(
      "reflector_lists_total",
      "Total number of API lists done by the reflectors",
      "name",
    );
    this.reflectorListDurationSeconds = histogram(
      "reflector_list_duration_seconds",
      "How long an API list takes to return and decode for the reflectors",
      [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
      "name",
    );
    this.reflectorWatchesEndedTotal = counter(
      "reflector_watches_ended_total",
      "Total number of API watches that ended, by reason",
      "name",
      "reason",
    );
    this.eventsDroppedTotal = counter(
      "orchestrator_events_dropped_total",
      "Total number of Kubernetes Events that could not be written",
    );
  }

  /**
   * Makes a controller's series, so that a rate over them begins with the first of its kind.
   * @param unfinished seconds that each of its reconciles under way has taken so far; asked at each scrape.
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

  /** Measured at each scrape. */
  #workGauge(
    name: string,
    help: string,
    measure: (seconds: readonly number[]) => number,
  ): Gauge<"name" | "controller"> {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ["name", "controller"] as const,
      registers: [this.registry],
      collect: () => {
        for (const [controller, unfinished] of this.#controllers) {
          gauge.set({ name: controller, controller }, measure(unfinished()));
        }
      },
    });
    return gauge;
  }
}

const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
