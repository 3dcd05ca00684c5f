import type { TemplateSettings } from "../templates/context.js";
import { TemplateError } from "../templates/problem.js";
import type { Templates } from "../templates/templates.js";
import { FilesError } from "../runs/run.js";
import type { Settings } from "../settings/settings.js";

/** What kinds ask of templates. A set may be replaced while the program runs: it is asked for anew for each run. */
export interface RunTemplates {
  current(): Pick<Templates, "code" | "docs">;
}

/** What of the configuration templates depend on. */
export function templateSettings({ agent, permissions, toolServerUrl }: Settings): TemplateSettings {
  return { model: agent.model, permissions, ...(toolServerUrl !== undefined && { toolServerUrl }) };
}

/**
 * What is rendered, of templates that were tried before they came into force: on a run that is like none of those that they were
 * tried with they may fail all the same.
 * @throws FilesError
 */
export function rendered<T>(render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (error instanceof TemplateError) throw new FilesError(error.message, { cause: error });
    throw error;
  }
}
