import type { TemplateSource } from "./source.js";
import { watchReloads, type ReloadDependencies } from "../runtime/reload/reload.js";

/** Applies each change of the ConfigMap with the templates; a set with errors changes nothing. */
export function watchTemplates(dependencies: ReloadDependencies, templates: TemplateSource): void {
  const subject = {
    subject: "set of templates",
    metricPrefix: "orchestrator_templates",
    reason: "InvalidTemplates",
  };
  watchReloads({ ...dependencies, ...subject }, (data) => {
    const { accepted, problems } = templates.update(data);
    return { accepted, problems: problems.map(({ message }) => message) };
  });
}
