import type { CodeRun } from "../api/coderun.js";
import type { DocsRun } from "../api/docsrun.js";
import type { RunContext } from "../templates/context.js";
import { TemplateError } from "../templates/problem.js";
import type { Templates } from "../templates/templates.js";
import { FilesError } from "../runs/run.js";
import { profileOfApp } from "../configuration/agents.js";
import type { Configuration } from "../configuration/configuration.js";

/** The templates of the kinds. The set may be replaced while the operator runs, so kinds get it for each attempt. */
export interface RunTemplates {
  current(): Pick<Templates, "code" | "docs">;
}

/** The part of the template context that both kinds share. */
export function contextOf(run: CodeRun | DocsRun, number: number, configuration: Configuration): RunContext {
  const { agent, permissions, toolServerUrl } = configuration;
  return {
    run: { name: run.metadata?.name ?? "", namespace: run.metadata?.namespace ?? "" },
    number,
    agent: profileOfApp(configuration.agents, run.spec.githubApp) ?? {},
    settings: { model: agent.model, permissions, ...(toolServerUrl !== undefined && { toolServerUrl }) },
  };
}

/**
 * The result of rendering. Templates are rendered for sample runs before they come into force, but may still fail for a run that is like
 * none of the samples.
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
