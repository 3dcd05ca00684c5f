import type { CodeRun } from "../api/coderun.js";
import type { DocsRun } from "../api/docsrun.js";
import type { RunContext } from "../templates/context.js";
import { TemplateError } from "../templates/problem.js";
import type { Templates } from "../templates/templates.js";
import { FilesError } from "../runs/run.js";
import { profileOfApp } from "../configuration/agents.js";
import type { Configuration } from "../configuration/configuration.js";

/** What kinds ask of templates. A set may be replaced while the program runs: it is asked for anew for each run. */
export interface RunTemplates {
  current(): Pick<Templates, "code" | "docs">;
}

/** What templates are told of a run, whatever its kind. */
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
