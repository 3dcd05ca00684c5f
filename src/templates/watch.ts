import type { TemplateSource } from "./source.js";
import type { Runnable } from "../runtime/manager/runnable.js";
import { watchReloads, type ReloadDependencies } from "../runtime/reload/reload.js";

/** What is reloaded, as its metrics and Events name it. */
export const templateReloads = {
  subject: "set of templates",
  metricPrefix: "orchestrator_templates",
  reason: "InvalidTemplates",
} as const;

/**
 * Applies each change of the ConfigMap with the templates; a set with errors changes nothing.
 *
 * @returns what writes Events about errors: one process has to run it
 */
export function watchTemplates(dependencies: ReloadDependencies, templates: TemplateSource): Runnable {
  return watchReloads({ ...dependencies, ...templateReloads }, (data) => {
    const { accepted, problems } = templates.update(data);
    return {
      ...{ accepted, problems: problems.map(({ message }) => message) },
      ...(!templates.hasAccepted && { inEffect: "new attempts use the built-in templates" }),
    };
  });
}
