import type { TemplateSettings } from "../templates/context.js";
import type { Templates } from "../templates/templates.js";
import type { Settings } from "../settings/settings.js";

/** What kinds ask of templates. A set may be replaced while the program runs: it is asked for anew for each run. */
export interface RunTemplates {
  current(): Pick<Templates, "code" | "docs">;
}

/** What of the configuration templates depend on. */
export function templateSettings({ agent, permissions, toolServerUrl }: Settings): TemplateSettings {
  return { model: agent.model, permissions, ...(toolServerUrl !== undefined && { toolServerUrl }) };
}
