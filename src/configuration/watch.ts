import { configurationKey } from "./names.js";
import { formatProblem, type ConfigurationSource } from "./source.js";
import { watchReloads, type ReloadDependencies } from "../runtime/reload/reload.js";

/** Applies each change of the ConfigMap with the configuration; a change with errors has no effect. */
export function watchConfiguration(dependencies: ReloadDependencies, configuration: ConfigurationSource): void {
  const subject = {
    subject: "configuration",
    metricPrefix: "orchestrator_config",
    reason: "InvalidConfiguration",
    key: configurationKey,
  };
  watchReloads({ ...dependencies, ...subject }, (data) => {
    const { accepted, problems } = configuration.update(data?.[configurationKey]);
    return { accepted, problems: problems.map(formatProblem) };
  });
}
