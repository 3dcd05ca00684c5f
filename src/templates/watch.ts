import type { TemplateSource } from "./source.js";
import { watchReloads, type ReloadDependencies } from "../runtime/reload/reload.js";

/** Takes each change of the templates' ConfigMap; a set with mistakes changes nothing. */
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
