import { configurationKey } from "./names.js";
import { formatProblem, type ConfigurationSource } from "./source.js";
import type { Runnable } from "../runtime/manager/runnable.js";
import { watchReloads, type ReloadDependencies } from "../runtime/reload/reload.js";

/** What is reloaded, as its metrics and Events name it. */
export const configurationReloads = {
  subject: "configuration",
  metricPrefix: "orchestrator_config",
  reason: "InvalidConfiguration",
  key: configurationKey,
} as const;

/**
 * Applies each change of the ConfigMap with the configuration; a change with errors has no effect.
 *
 * @returns what writes Events about errors: one process has to run it
 */
export function watchConfiguration(dependencies: ReloadDependencies, configuration: ConfigurationSource): Runnable {
  return watchReloads({ ...dependencies, ...configurationReloads }, (data, { metadata }) => {
    const { accepted, problems } = configuration.update(
      data?.[configurationKey],
      data === undefined ? undefined : metadata.resourceVersion,
    );
    return { accepted, problems: problems.map(formatProblem) };
  });
}
