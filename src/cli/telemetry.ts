/** The export of telemetry by the commands that run until a signal stops them. */
import { hostname } from "node:os";
import { Option } from "commander";
import { parseConfiguration } from "../configuration/parse.js";
import { formatProblem } from "../configuration/source.js";
import { systemClock } from "../runtime/clock.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import type { Logger } from "../runtime/logger.js";
import type { Configured } from "../telemetry/settings.js";
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

/**
 * `telemetry.operator` of a file with the operator's configuration; the defaults if no file is given or it does not exist, as with an
 * optional volume. Warnings are the operator's to report.
 *
 * @throws Error that names what is wrong with the file
 */
export async function readTelemetryConfiguration(file: string | undefined): Promise<Configured> {
  const content = file === undefined ? undefined : await readBoundedFile(file, maxFile);
  const { configuration, problems } = parseConfiguration(content?.toString("utf8") ?? "");
  const errors = problems.filter(({ severity }) => severity === "error").map(formatProblem);
  if (configuration === undefined) throw new Error(`${file ?? "configuration"}: ${errors.join("; ")}`);
  return configuration.telemetry.operator;
}

/** Bytes of a configuration; a larger one is refused in the ConfigMap, too. */
const maxFile = 64 * 1024;
