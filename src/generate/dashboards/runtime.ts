import { quantile, type Dashboard } from "./dashboard.js";

const rate = "[$__rate_interval]";

/** How the operator itself works: for those who keep it running. */
export const runtime: Dashboard = {
  uid: "orchestrator-runtime",
  title: "Agents / Operator",
  description:
    "Admission, controllers, queues, caches, API server calls and processes of the managers, and the REST server.",
  rows: [
    {
      title: "Health",
      panels: [
        {
          ...{ title: "Configuration", description: "1: the newest one is in effect.", type: "stat", width: 6 },
          queries: [["min(orchestrator_config_last_reload_successful)", "configuration"]],
        },
        {
          ...{ title: "Templates", description: "1: the newest ones are in effect.", type: "stat", width: 6 },
          queries: [["min(orchestrator_templates_last_reload_successful)", "templates"]],
        },
        {
          ...{
            title: "Certificate expires in",
            description: "That of the webhooks.",
            type: "stat",
            width: 6,
            unit: "s",
          },
          queries: [["min(orchestrator_webhook_certificate_expiry_timestamp_seconds) - time()", "certificate"]],
        },
        {
          ...{ title: "Leader", description: "1 for the manager that leads.", type: "stat", width: 6 },
          queries: [['leader_election_master_status{name="orchestrator"}', "{{instance}}"]],
        },
      ],
    },
    {
      title: "Admission",
      panels: [
        {
          ...{ title: "Reviews", description: "By webhook and status.", unit: "reqps" },
          queries: [
            [`sum by (webhook, code) (rate(controller_runtime_webhook_requests_total${rate}))`, "{{webhook}} {{code}}"],
          ],
        },
        {
          ...{ title: "Latency, p99", description: "Time in the webhook.", unit: "s" },
          queries: [[quantile(0.99, "controller_runtime_webhook_latency_seconds", "webhook"), "{{webhook}}"]],
        },
        {
          ...{ title: "Connections", description: "Open, and closed to bound them." },
          queries: [
            ["sum by (instance) (orchestrator_webhook_connections)", "open {{instance}}"],
            [`sum by (reason) (rate(orchestrator_webhook_connections_closed_total${rate}))`, "closed: {{reason}}"],
          ],
        },
      ],
    },
    {
      title: "Controllers",
      panels: [
        {
          ...{ title: "Reconciles", description: "By controller and result.", unit: "ops" },
          queries: [
            [
              `sum by (controller, result) (rate(controller_runtime_reconcile_total${rate}))`,
              "{{controller}} {{result}}",
            ],
          ],
        },
        {
          ...{ title: "Duration of reconciles, p99", description: "By controller.", unit: "s" },
          queries: [[quantile(0.99, "controller_runtime_reconcile_time_seconds", "controller"), "{{controller}}"]],
        },
        {
          ...{ title: "Errors", description: "Reconciles that failed and are repeated.", unit: "ops" },
          queries: [[`sum by (controller) (rate(controller_runtime_reconcile_errors_total${rate}))`, "{{controller}}"]],
        },
        {
          ...{ title: "Queue length", description: "Keys that wait for a reconcile." },
          queries: [["sum by (name) (workqueue_depth)", "{{name}}"]],
        },
        {
          ...{ title: "Time in the queue, p99", description: "By controller.", unit: "s" },
          queries: [[quantile(0.99, "workqueue_queue_duration_seconds", "name"), "{{name}}"]],
        },
        {
          ...{ title: "Longest reconcile in progress", description: "By controller.", unit: "s" },
          queries: [["max by (name) (workqueue_longest_running_processor_seconds)", "{{name}}"]],
        },
        {
          ...{ title: "Retries", description: "Keys that are repeated with a back-off.", unit: "ops" },
          queries: [[`sum by (name) (rate(workqueue_retries_total${rate}))`, "{{name}}"]],
        },
        {
          ...{ title: "Busy workers", description: "Reconciles in progress, and the maximum of each controller." },
          queries: [
            ["sum by (controller) (controller_runtime_active_workers)", "{{controller}}"],
            ["max by (controller) (controller_runtime_max_concurrent_reconciles)", "{{controller}} max"],
          ],
        },
        {
          ...{ title: "Panics and timeouts", description: "Each is a bug, or an API server that hangs.", unit: "ops" },
          queries: [
            [`sum by (controller) (rate(controller_runtime_reconcile_panics_total${rate}))`, "panic: {{controller}}"],
            [
              `sum by (controller) (rate(controller_runtime_reconcile_timeouts_total${rate}))`,
              "timeout: {{controller}}",
            ],
            [`sum(rate(controller_runtime_webhook_panics_total${rate}))`, "panic: webhooks"],
          ],
        },
      ],
    },
    {
      title: "API server",
      panels: [
        {
          ...{ title: "Calls", description: "By method and status.", unit: "reqps" },
          queries: [[`sum by (method, code) (rate(rest_client_requests_total${rate}))`, "{{method}} {{code}}"]],
        },
        {
          ...{ title: "Latency, p99", description: "By verb.", unit: "s" },
          queries: [[quantile(0.99, "rest_client_request_duration_seconds", "verb"), "{{verb}}"]],
        },
        {
          ...{ title: "Lists", description: "Full lists by the caches; many mean that watches break.", unit: "ops" },
          queries: [[`sum by (name) (rate(reflector_lists_total${rate}))`, "{{name}}"]],
        },
      ],
    },
    {
      title: "Deliveries and events",
      panels: [
        {
          ...{ title: "Webhooks", description: "From GitHub and Grafana, by outcome.", unit: "reqps" },
          queries: [[`sum by (outcome) (rate(orchestrator_webhooks_total${rate}))`, "{{outcome}}"]],
        },
        {
          ...{
            title: "Recovered webhooks per hour",
            description: "Those that GitHub could not deliver.",
            stacked: true,
          },
          queries: [["sum by (outcome) (increase(orchestrator_webhooks_recovered_total[1h]))", "{{outcome}}"]],
        },
        {
          ...{ title: "CloudEvents", description: "By sink and result.", unit: "ops" },
          queries: [[`sum by (sink, result) (rate(orchestrator_cloud_events_total${rate}))`, "{{sink}} {{result}}"]],
        },
      ],
    },
    {
      title: "Processes",
      panels: [
        {
          ...{ title: "Memory", description: "Resident.", unit: "bytes" },
          queries: [["process_resident_memory_bytes", "{{instance}}"]],
        },
        {
          ...{ title: "Processor time", description: "1 is a whole processor." },
          queries: [[`rate(process_cpu_seconds_total${rate})`, "{{instance}}"]],
        },
        {
          ...{ title: "Event loop delay, p99", description: "Above 0.5 s, admission is late.", unit: "s" },
          queries: [["nodejs_eventloop_lag_p99_seconds", "{{instance}}"]],
        },
      ],
    },
    {
      title: "REST server",
      panels: [
        {
          ...{ title: "Requests", description: "By route and status.", unit: "reqps" },
          queries: [[`sum by (route, code) (rate(orchestrator_server_requests_total${rate}))`, "{{route}} {{code}}"]],
        },
        {
          ...{ title: "Latency, p99", description: "By route; of streams, the time until they begin.", unit: "s" },
          queries: [[quantile(0.99, "orchestrator_server_request_duration_seconds", "route"), "{{route}}"]],
        },
        {
          ...{ title: "Open streams", description: "Watches and logs that are followed." },
          queries: [["sum by (instance) (orchestrator_server_streams_open)", "{{instance}}"]],
        },
      ],
    },
  ],
};
