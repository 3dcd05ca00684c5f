/** The export of telemetry by the commands that run until a signal stops them. */
import { hostname } from "node:os";
import { Option } from "commander";
import { systemClock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { Telemetry } from "../telemetry/telemetry.js";
import { version } from "../version.js";

export const telemetryDirectoryOption = (): Option =>
  new Option(
    "--telemetry-dir <dir>",
    "directory with headers, ca.crt, tls.crt and tls.key for the collector of telemetry.operator; all are optional",
  ).default("/etc/orchestrator/telemetry");

/** @param name `service.name` */
export function telemetryOf(name: string, directory: string, logger: Logger): Telemetry {
  const { KUBERNETES_NAMESPACE: namespace } = process.env;
  const attributes = {
    "service.instance.id": hostname(),
    ...(namespace !== undefined && namespace !== "" && { "k8s.namespace.name": namespace, "k8s.pod.name": hostname() }),
  };
  return new Telemetry({ name, version, logger, clock: systemClock, environment: process.env, directory, attributes });
}
