import { configurationKey } from "./names.js";
import { formatProblem, type ConfigurationSource } from "./source.js";
import type { Runnable } from "../runtime/manager/runnable.js";
import { watchReloads, type ReloadDependencies } from "../runtime/reload/reload.js";

/**
 * Applies each change of the ConfigMap with the configuration; a change with errors has no effect.
 *
 * @returns what writes Events about errors: one process has to run it
 */
export function watchConfiguration(dependencies: ReloadDependencies, configuration: ConfigurationSource): Runnable {
  const subject = {
    subject: "configuration",
    metricPrefix: "orchestrator_config",
    reason: "InvalidConfiguration",
    key: configurationKey,
  };
  return watchReloads({ ...dependencies, ...subject }, (data, { metadata }) => {
    const { accepted, problems } = configuration.update(
      data?.[configurationKey],
      data === undefined ? undefined : metadata.resourceVersion,
    );
    return { accepted, problems: problems.map(formatProblem) };
  });
}
