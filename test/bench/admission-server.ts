/** Only the webhooks of TaskRuns, with metrics. The parent process sends the certificate and gets the port. */
import { Registry } from "prom-client";
import { cachedRuns, indexByWork, runAdmission, webhookPaths, workIndex } from "#src/admission/index.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { Store } from "#src/runtime/cache/store.js";
import type { KeyPair } from "#src/runtime/certs/authority.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { mutating, validating } from "#src/runtime/webhook/review.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

const runs = new Store<TaskRun>();
runs.addIndex(workIndex, indexByWork(admittedTaskRun));
const admission = runAdmission(admittedTaskRun, {
  configuration: () => defaultConfiguration,
  lookup: cachedRuns(runs),
});
const paths = webhookPaths("taskrun");
const server = new WebhookServer({
  host: "127.0.0.1",
  port: 0,
  clock: systemClock,
  logger: silentLogger,
  metrics: new RuntimeMetrics(new Registry()),
  handlers: new Map([
    [paths.mutate, mutating<TaskRun>(admission.default, admission.validate)],
    [paths.validate, validating<TaskRun>(admission.validate)],
  ]),
});
const stop = new AbortController();
process.once("message", (leaf) => {
  server.useCertificate(leaf as KeyPair);
  void server.start(stop.signal);
  void server.ready(stop.signal).then(() => process.send?.(server.port));
  // every later message is answered with the processor time used so far, in seconds
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1e6);
  });
});
