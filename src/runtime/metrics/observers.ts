/** Observers that turn what parts of the runtime report into metrics. The parts themselves do not depend on Prometheus. */
import { collectDefaultMetrics, type Registry } from "prom-client";
import type { ReflectorObserver } from "../cache/reflector.js";
import type { RequestObserver } from "../client/unary-calls.js";
import type { QueueObserver } from "../queue/queue.js";
import type { RuntimeMetrics } from "./metrics.js";

/** Counts and times a client's requests. */
export function requestObserver(metrics: RuntimeMetrics): RequestObserver {
  return {
    requestDone(method, host, code, seconds) {
      metrics.restClientRequestsTotal.inc({ method, host, code });
      metrics.restClientRequestDurationSeconds.observe({ verb: method, host }, seconds);
    },
  };
}

/** Counts and times lists, and counts the ends of watches by reason. */
export function reflectorObserver(metrics: RuntimeMetrics): ReflectorObserver {
  return {
    listed(name, seconds) {
      metrics.reflectorListsTotal.inc({ name });
      metrics.reflectorListDurationSeconds.observe({ name }, seconds);
    },
    watchEnded: (name, reason) => metrics.reflectorWatchesEndedTotal.inc({ name, reason }),
  };
}

/** The workqueue metrics of one controller. */
export function queueObserver(metrics: RuntimeMetrics, controller: string): QueueObserver {
  const labels = { name: controller, controller };
  return {
    added: () => metrics.queueAddsTotal.inc(labels),
    depthChanged: (depth) => metrics.queueDepth.set(labels, depth),
    started: (waited) => metrics.queueDurationSeconds.observe(labels, waited),
    finished: (worked) => metrics.workDurationSeconds.observe(labels, worked),
    retried: () => metrics.queueRetriesTotal.inc(labels),
  };
}

/** Adds the process' own metrics, unless the registry has them; the returned function clears the registry. */
export function collectProcessMetrics(registry: Registry): () => void {
  if (registry.getSingleMetric("process_cpu_user_seconds_total") !== undefined) return () => undefined;
  collectDefaultMetrics({ register: registry });
  return () => registry.clear();
}
